import { setMaxListeners } from 'node:events';
import { InterruptedError } from '../exit-status.js';
import { type StatusLine } from '../terminal/status-line.js';
import { type CaptionOptions } from './caption-command.js';
import { type Captioner } from './captioner.js';
import { RowsFailedError } from './errors.js';
import { type FinishedImages } from './finished-images.js';
import { Interruption } from './interruption.js';
import { RateWindow } from '../terminal/rate-window.js';
import { type RowFile } from './row-file.js';
import { runWorkers } from './run-workers.js';
import { askedCount, formatProgress, formatSummary, newTally, type Tally } from './tally.js';
import { toRow } from './to-row.js';
import { type ImageFile, walkImages } from './walk-images.js';

const PROGRESS_INTERVAL_MS = 250;

export interface FolderRun {
  readonly folder: string;
  readonly options: CaptionOptions;
  readonly captioner: Captioner;
  readonly rows: RowFile;
  readonly finished: FinishedImages;
  readonly status: StatusLine;
}

/**
 * Captions every image below the folder that has no row yet.
 * @throws {InterruptedError} after Ctrl-C
 * @throws {RowsFailedError} with `--fail-on-error`
 */
export async function captionFolder(run: FolderRun): Promise<void> {
  const { captioner, options, rows, status } = run;
  const startedAtMs = performance.now();
  const tally = newTally();
  const abort = new AbortController();
  // Every image in flight listens; they are as many as the captioner wants, and no leak.
  setMaxListeners(0, abort.signal);
  const onStop = () => status.print('stopping: images in flight are finished; Ctrl-C again gives them up');
  const interruption = new Interruption(abort, { onStop });
  const progress = showProgress(tally, status, startedAtMs);
  const { stopping } = interruption;
  try {
    await captionImages(run, { tally, stopping, abort });
  } finally {
    clearInterval(progress);
    interruption.dispose();
    status.clear();
    const elapsedSeconds = (performance.now() - startedAtMs) / 1000;
    const ending = { elapsedSeconds, place: captioner.place, output: rows.path };
    status.print(formatSummary(tally, { ...ending, interrupted: stopping.aborted || abort.signal.aborted }));
  }
  if (stopping.aborted) throw new InterruptedError();
  const failures = tally.failed + tally.unreadableFolders;
  if (options.failOnError === true && failures > 0) throw new RowsFailedError(failures);
}

interface RunState {
  readonly tally: Tally;
  readonly stopping: AbortSignal;
  readonly abort: AbortController;
}

/** Two walks over the folder: one that only counts, and one that the images in flight are taken from as there is room. */
async function captionImages(run: FolderRun, { tally, stopping, abort }: RunState): Promise<void> {
  const images = unfinishedImages(run, { tally, stopping, abort });
  const counting = new AbortController();
  let working = run.captioner.concurrency;
  const work = async (): Promise<void> => {
    for (let next = await images.next(); next.done !== true; next = await images.next()) {
      await captionOne(run, next.value, { tally, stopping, abort });
    }
    // Whoever comes last: what was not counted by now need not be.
    working -= 1;
    if (working === 0) counting.abort();
  };
  const count = async (): Promise<void> => {
    tally.total = await countImages(run.folder, [counting.signal, stopping, abort.signal]);
  };
  await runWorkers([count, ...Array.from({ length: run.captioner.concurrency }, () => work)], abort);
}

async function captionOne(run: FolderRun, image: ImageFile, { tally, abort }: RunState): Promise<void> {
  const { captioner, rows, options } = run;
  const outcome = await captioner.caption(image, abort.signal);
  await rows.append(
    toRow(image, outcome, { prompt: options.question, model: captioner.model, now: new Date() }),
  );
  if (outcome.kind === 'completed') tally.captioned += 1;
  else tally.failed += 1;
}

async function* unfinishedImages(
  { folder, finished, status }: FolderRun,
  { tally, stopping, abort }: RunState,
): AsyncGenerator<ImageFile> {
  const onUnreadableFolder = (path: string, error: unknown): void => {
    tally.unreadableFolders += 1;
    status.print(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  };
  for await (const image of walkImages(folder, { onUnreadableFolder })) {
    if (stopping.aborted || abort.signal.aborted) return;
    if (finished.has(image.key)) tally.skipped += 1;
    else yield image;
  }
}

/** Undefined when it was given up. */
async function countImages(folder: string, signals: readonly AbortSignal[]): Promise<number | undefined> {
  // The other walk reports them.
  const images = walkImages(folder, { onUnreadableFolder: () => {} });
  for (let count = 0; !signals.some(({ aborted }) => aborted); count += 1) {
    if ((await images.next()).done === true) return count;
  }
  return undefined;
}

function showProgress(tally: Tally, status: StatusLine, startedAtMs: number): NodeJS.Timeout {
  const window = new RateWindow(startedAtMs);
  return setInterval(() => {
    status.update(formatProgress(tally, window.sample(askedCount(tally), performance.now())));
  }, PROGRESS_INTERVAL_MS);
}
