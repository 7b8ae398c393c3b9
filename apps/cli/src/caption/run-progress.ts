import { doneRows, type RunFacts, workedRows } from '@tessera/datasets';
import { formatCount, formatDuration } from '../terminal/format.js';
import { RateWindow } from '../terminal/rate-window.js';

/** Speeds over the last half minute; undefined before any time has passed. */
export interface RunRates {
  readonly rows: number | undefined;
  readonly tiles: number | undefined;
  readonly tokens: number | undefined;
}

/** Measures how fast a run is. */
export class RunSpeed {
  private readonly rows: RateWindow;
  private readonly tiles: RateWindow;
  private readonly tokens: RateWindow;

  constructor(startedAtMs: number) {
    this.rows = new RateWindow(startedAtMs);
    this.tiles = new RateWindow(startedAtMs);
    this.tokens = new RateWindow(startedAtMs);
  }

  sample(facts: RunFacts, atMs: number): RunRates {
    return {
      rows: this.rows.sample(workedRows(facts), atMs),
      tiles: this.tiles.sample(facts.tiles, atMs),
      tokens: this.tokens.sample(facts.tokens, atMs),
    };
  }
}

const BAR_WIDTH = 24;

/** The progress line: bar, done/total, speeds, time left, failures by code. */
export function formatProgress(facts: RunFacts, rates: RunRates): string {
  const { total } = facts;
  const done = doneRows(facts);
  const rate = rates.rows ?? 0;
  const parts = [
    `${formatCount(done)}/${total === undefined ? '?' : formatCount(total)} rows`,
    `${rate.toFixed(1)} rows/s`,
    ...(facts.tiles === 0 ? [] : [`${(rates.tiles ?? 0).toFixed(0)} tiles/s`]),
    ...(facts.tokens === 0 ? [] : [`${(rates.tokens ?? 0).toFixed(0)} tokens/s`]),
  ];
  // Images that appear during the run may outnumber the count at its beginning.
  if (total !== undefined && rate > 0) parts.push(`${formatDuration(Math.max(0, total - done) / rate)} left`);
  parts.push(formatFailures(facts));
  return `${bar(total === undefined ? 0 : done / total)} ${parts.join(', ')}`;
}

function bar(share: number): string {
  const filled = Math.round(Math.min(1, share) * BAR_WIDTH);
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}]`;
}

export interface RunSummary {
  readonly elapsedSeconds: number;
  readonly place: string;
  readonly output: string;
  readonly interrupted: boolean;
}

/** The summary of a run. */
export function formatSummary(facts: RunFacts, run: RunSummary): string {
  const { captioned, cached, duplicates, earlier, existing, unreadable, madeOtherwise } = facts;
  const rate = run.elapsedSeconds > 0 ? workedRows(facts) / run.elapsedSeconds : 0;
  const counts = [
    `${formatCount(captioned)} captioned`,
    formatFailures(facts),
    `${formatCount(earlier + existing)} skipped`,
    ...some(cached, 'from the cache'),
    ...some(duplicates, 'duplicates'),
    ...some(unreadable, 'folders could not be read'),
  ];
  const speed = `${rate.toFixed(1)} rows/s in ${formatDuration(run.elapsedSeconds)} by ${run.place}`;
  const lines = [`${counts.join(', ')}; ${speed}`, run.output];
  if (madeOtherwise > 0) {
    lines.push(`replaced: ${formatCount(madeOtherwise)} rows made with another model or other options`);
  }
  if (run.interrupted) lines.push('stopped early: the same command goes on from here');
  return lines.join('\n');
}

function formatFailures({ failed, failuresByCode }: RunFacts): string {
  const codes = [...failuresByCode].sort(([, left], [, right]) => right - left);
  const detail = codes.map(([code, count]) => `${formatCount(count)} ${code}`).join(', ');
  return `${formatCount(failed)} failed${detail === '' ? '' : ` (${detail})`}`;
}

function some(count: number, what: string): string[] {
  return count === 0 ? [] : [`${formatCount(count)} ${what}`];
}
