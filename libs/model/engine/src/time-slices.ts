import { setImmediate as nextTurn } from 'node:timers/promises';

/** Lets long work on the main thread give way: call {@link breathe} often, and the event loop turns every few milliseconds. */
export class TimeSlices {
  private startedAt = performance.now();

  constructor(private readonly sliceMs: number) {}

  /** Undefined, and therefore no wait, until the slice is used up. */
  breathe(): Promise<void> | undefined {
    if (performance.now() - this.startedAt < this.sliceMs) return undefined;
    return nextTurn().then(() => {
      this.startedAt = performance.now();
    });
  }
}

/** The result of work that is written as steps, with turns of the event loop wherever a slice is used up. */
export async function runInSlices<T>(work: Generator<void, T>, sliceMs: number): Promise<T> {
  const slices = new TimeSlices(sliceMs);
  for (let step = work.next(); ; step = work.next()) {
    if (step.done === true) return step.value;
    await slices.breathe();
  }
}
