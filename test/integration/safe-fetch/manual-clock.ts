import { type Clock } from '@tessera/safe-fetch';

interface Wait {
  readonly fail: (reason: Error) => void;
  readonly ms: number;
  readonly endsAtMs: number;
  readonly end: () => void;
}

/** A clock that stands still until the test moves it. */
export class ManualClock implements Clock {
  private currentMs = 1_000;
  private pending: Wait[] = [];
  private onWait = () => {};
  private isStopped = false;

  nowMs(): number {
    return this.currentMs;
  }

  async wait(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.isStopped) throw new Error('the clock has been stopped');
    await new Promise<void>((resolve, reject) => {
      const wait = { ms, endsAtMs: this.currentMs + ms, end: resolve, fail: reject };
      this.pending.push(wait);
      signal?.addEventListener('abort', () => {
        this.pending = this.pending.filter((other) => other !== wait);
        reject(signal.reason as Error);
      });
      this.onWait();
    });
  }

  /** How long each of the waits takes, as soon as there are `count`. */
  async waits(count: number): Promise<number[]> {
    while (this.pending.length < count) await new Promise<void>((resolve) => (this.onWait = resolve));
    return this.pending.map(({ ms }) => ms);
  }

  advance(ms: number): void {
    this.currentMs += ms;
    const isDue = ({ endsAtMs }: Wait) => endsAtMs <= this.currentMs;
    const due = this.pending.filter(isDue);
    this.pending = this.pending.filter((wait) => !isDue(wait));
    for (const { end } of due) end();
  }

  /** Nobody waits any more, or ever again. */
  stop(): void {
    this.isStopped = true;
    for (const { fail } of this.pending.splice(0)) fail(new Error('the clock has been stopped'));
  }
}
