import { RateWindow } from './rate-window.js';
import { formatBytes, formatCount, formatDuration } from './format.js';
import { createStatusLine, type StatusLine } from './status-line.js';

/** How far a piece of work is. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** The part of `done` that this run has worked for, by which speed is measured. Default: all of it. */
  readonly worked?: number;
  /** What is counted. Default: bytes. */
  readonly unit?: 'bytes' | 'rows';
  /** What is going on, before the bar: `downloading`. */
  readonly label: string;
  /** What else there is to tell, behind it: `3/12 files`. */
  readonly note?: string;
}

const REDRAW_INTERVAL_MS = 100;
const WIDTH = 24;

/**
 * A bar of standard error with amount, speed and time left. Where standard error is no terminal it is a plain line every
 * few seconds.
 */
export class ProgressBar {
  private drawnAt = -Infinity;
  private label = '';
  private rate: RateWindow;

  constructor(
    private readonly status: StatusLine = createStatusLine(),
    private readonly now: () => number = () => performance.now(),
  ) {
    this.rate = new RateWindow(this.now());
  }

  /** May be called as often as there is news: it is drawn a few times a second, and when the work is done. */
  update(progress: Progress): void {
    const atMs = this.now();
    if (progress.label !== this.label) this.begin(progress, atMs);
    if (atMs - this.drawnAt < REDRAW_INTERVAL_MS && progress.done < progress.total) return;
    this.drawnAt = atMs;
    this.status.update(formatProgress(progress, this.rate.sample(progress.worked ?? progress.done, atMs)));
  }

  /** A line that stays, above the bar. */
  print(text: string): void {
    this.status.print(text);
  }

  /** Takes the bar away. */
  clear(): void {
    this.status.clear();
  }

  /** Other work has its own speed. */
  private begin({ label }: Progress, atMs: number): void {
    this.label = label;
    this.rate = new RateWindow(atMs);
    this.drawnAt = -Infinity;
  }
}

/** One line: label, bar, share, amount, speed and time left as far as they are known, and the note. */
export function formatProgress(progress: Progress, perSecond: number | undefined): string {
  const { done, total, label, note, unit = 'bytes' } = progress;
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.floor(share * WIDTH);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}`;
  const facts = [
    AMOUNTS[unit](done, total),
    ...(perSecond === undefined ? [] : formatSpeed(total - done, perSecond, unit)),
    ...(note === undefined ? [] : [note]),
  ];
  return `${label} ${bar} ${Math.floor(share * 100)} %, ${facts.join(', ')}`;
}

const AMOUNTS = {
  bytes: (done: number, total: number) => `${formatBytes(done)} of ${formatBytes(total)}`,
  rows: (done: number, total: number) => `${formatCount(done)} of ${formatCount(total)} rows`,
};
const SPEEDS = {
  bytes: (perSecond: number) => `${formatBytes(perSecond)}/s`,
  rows: (perSecond: number) => `${perSecond.toFixed(1)} rows/s`,
};
/** What is slower has no speed worth telling. */
const SLOWEST = { bytes: 1, rows: 0.05 };

function formatSpeed(left: number, perSecond: number, unit: keyof typeof SPEEDS): string[] {
  if (perSecond < SLOWEST[unit]) return [];
  const speed = SPEEDS[unit](perSecond);
  return left > 0 ? [speed, `${formatDuration(left / perSecond)} left`] : [speed];
}
