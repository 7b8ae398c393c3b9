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
