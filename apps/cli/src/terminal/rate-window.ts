const WINDOW_MS = 30_000;

interface Sample {
  readonly atMs: number;
  readonly count: number;
}

/** Speed over the last half minute: a count's growth per second. */
export class RateWindow {
  private readonly samples: Sample[];

  constructor(startedAtMs: number) {
    this.samples = [{ atMs: startedAtMs, count: 0 }];
  }

  /** Takes note of the count, and gives its growth per second; undefined before any time has passed. */
  sample(count: number, atMs: number): number | undefined {
    this.samples.push({ atMs, count });
    // The newest sample that is older than the window stays as its beginning.
    while (this.samples[1] !== undefined && this.samples[1].atMs <= atMs - WINDOW_MS) this.samples.shift();
    const [oldest] = this.samples;
    if (oldest === undefined || atMs <= oldest.atMs) return undefined;
    return ((count - oldest.count) * 1000) / (atMs - oldest.atMs);
  }
}
