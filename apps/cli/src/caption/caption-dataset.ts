import {
  type DatasetOutput,
  newRunFacts,
  type OutputRoom,
  type ResultCache,
  runDataset,
  type RunFacts,
  type RunParameters,
} from '@tessera/datasets';
import { InterruptedError } from '../exit-status.js';
import { type StatusLine } from '../terminal/status-line.js';
import { type CaptionAsker } from './caption-asker.js';
import { type CaptionOptions } from './caption-options.js';
import { RowsFailedError } from './errors.js';
import { Interruption } from './interruption.js';
import { type CaptionTask } from './caption-task.js';
import { formatProgress, formatSummary, RunSpeed } from './run-progress.js';

const PROGRESS_INTERVAL_MS = 250;

export interface DatasetCaptioning extends Pick<CaptionTask, 'options' | 'source' | 'prompts' | 'status'> {
  readonly output: DatasetOutput;
  readonly room: OutputRoom;
  readonly carried: 'all' | readonly string[];
  readonly asker: CaptionAsker;
  readonly cache: ResultCache | undefined;
  readonly scratchFolder: string;
}

/**
 * Captions every row of the source that has no caption yet.
 * @throws {InterruptedError} after Ctrl-C
 * @throws {RowsFailedError} with `--fail-on-error`
 */
export async function captionDataset(captioning: DatasetCaptioning): Promise<void> {
  const { asker, options, status, output } = captioning;
  const startedAtMs = performance.now();
  const facts = newRunFacts();
  const abort = new AbortController();
  const onStop = () => status.print('stopping: images in flight are finished; Ctrl-C again gives them up');
  const interruption = new Interruption(abort, { onStop });
  const progress = showProgress(facts, status, startedAtMs);
  const { stopping } = interruption;
  let isFinished = false;
  try {
    isFinished = (await run(captioning, { facts, abort, stopping })) === 'finished';
  } finally {
    clearInterval(progress);
    interruption.dispose();
    status.clear();
    const elapsedSeconds = (performance.now() - startedAtMs) / 1000;
    const interrupted = !isFinished && (stopping.aborted || abort.signal.aborted);
    status.print(
      formatSummary(facts, { elapsedSeconds, place: asker.place, output: output.uri, interrupted }),
    );
  }
  if (stopping.aborted) throw new InterruptedError();
  const failures = facts.failed + facts.unreadable;
  if (options.failOnError === true && failures > 0) throw new RowsFailedError(failures);
}

interface RunSignals {
  readonly facts: RunFacts;
  readonly abort: AbortController;
  readonly stopping: AbortSignal;
}

function run(captioning: DatasetCaptioning, signals: RunSignals) {
  const { options, source, output, room, status } = captioning;
  const { prepend, append, limit, sample, shardRows, retryFailed = false } = options;
  const { prompts, carried, asker, cache, scratchFolder } = captioning;
  return runDataset({
    ...{ source, output, prompts, carried, asker, cache, scratchFolder, shardRows, retryFailed, ...signals },
    state: room.state,
    parameters: toParameters(options),
    shape: { prepend, append },
    selection: { limit, share: sample },
    keepShardNames: room.keepsShards,
    needsImages: room.needsImages,
    countsRows: true,
    onUnreadable: (place, error) =>
      status.print(`${place} cannot be read: ${error instanceof Error ? error.message : String(error)}`),
  });
}

/** What answers depend on beside image, prompt and model. */
function toParameters(options: CaptionOptions): RunParameters {
  const { maxTokens, maxTiles, system, temperature, topP, topK, seed, stop } = options;
  return { maxTokens, maxTiles, system, temperature, topP, topK, seed, stop };
}

function showProgress(facts: RunFacts, status: StatusLine, startedAtMs: number): NodeJS.Timeout {
  const speed = new RunSpeed(startedAtMs);
  return setInterval(
    () => status.update(formatProgress(facts, speed.sample(facts, performance.now()))),
    PROGRESS_INTERVAL_MS,
  );
}
