import { formatCount, formatDuration } from '../terminal/format.js';

/** What has become of the images so far. */
export interface Tally {
  captioned: number;
  failed: number;
  skipped: number;
  /** Folders below that could not be listed. */
  unreadableFolders: number;
  /** Images below the folder, once they are counted. */
  total: number | undefined;
}

export function newTally(): Tally {
  return { captioned: 0, failed: 0, skipped: 0, unreadableFolders: 0, total: undefined };
}

/** Images that were asked about. */
export function askedCount({ captioned, failed }: Tally): number {
  return captioned + failed;
}

const BAR_WIDTH = 24;

/** The progress line: bar, done/total, images/s, time left, failures. */
export function formatProgress(tally: Tally, imagesPerSecond: number | undefined): string {
  const { total, skipped, failed } = tally;
  const done = askedCount(tally) + skipped;
  const rate = imagesPerSecond ?? 0;
  const parts = [
    `${formatCount(done)}/${total === undefined ? '?' : formatCount(total)}`,
    `${rate.toFixed(1)} images/s`,
  ];
  // Images that appear during the run may outnumber the count at its beginning.
  if (total !== undefined && rate > 0) parts.push(`${formatDuration(Math.max(0, total - done) / rate)} left`);
  parts.push(`${formatCount(failed)} failed`);
  return `${bar(total === undefined ? 0 : done / total)} ${parts.join(', ')}`;
}

function bar(share: number): string {
  const filled = Math.round(Math.min(1, share) * BAR_WIDTH);
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}]`;
}

/** The summary of a run. */
export function formatSummary(
  tally: Tally,
  run: { elapsedSeconds: number; place: string; output: string; interrupted: boolean },
): string {
  const { captioned, failed, skipped, unreadableFolders } = tally;
  const rate = run.elapsedSeconds > 0 ? askedCount(tally) / run.elapsedSeconds : 0;
  const counts = [
    `${formatCount(captioned)} captioned`,
    `${formatCount(failed)} failed`,
    `${formatCount(skipped)} skipped`,
  ];
  if (unreadableFolders > 0) counts.push(`${formatCount(unreadableFolders)} folders could not be read`);
  const speed = `${rate.toFixed(1)} images/s in ${formatDuration(run.elapsedSeconds)} by ${run.place}`;
  const ending = run.interrupted ? '\nstopped early: the same command goes on from here' : '';
  return `${counts.join(', ')}; ${speed}\n${run.output}${ending}`;
}
