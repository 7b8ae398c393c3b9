import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { ScratchTable } from '../answers/scratch-table.js';
import type { ReadOptions } from '../source.js';
import type { Answer, Caption } from './answer.js';
import { AskOnce } from './ask-once.js';
import { answerRows } from './answer-rows.js';
import { countRows } from './count-rows.js';
import { type Cutting, cutShards } from './cut-shards.js';
import { EarlierRows } from './earlier-rows.js';
import { OutputLargerError } from './errors.js';
import { Journal, NO_SHARD } from './journal.js';
import { KeptImages } from './kept-images.js';
import { OpenShard } from './open-shard.js';
import { planRecord, type RowPlanning, type RowTask } from './plan-rows.js';
import { digestParameters } from './row-identity.js';
import { DEFAULT_SHARD_ROWS, type DatasetRunOptions } from './run-options.js';
import { RunState } from './run-state.js';
import { runWorkers } from './run-workers.js';
import { includesSelection } from './select-records.js';
import { ShardWriter } from './write-shards.js';

/** Shards whose rows are asked about at the same time: the last rows of one keep nobody waiting. */
const OPEN_SHARDS = 3;

/** How a run ended; what was stopped goes on when it is run again. */
export type RunEnding = 'finished' | 'stopped';

/**
 * Captions a source into an output: records times prompts are rows, asked about `asker.concurrency` at a time, written
 * shard by shard in the order of the source. Goes on where the last run over this output ended, however it ended. The
 * finished output depends on neither concurrency nor restarts (`timings` and `created_at` aside).
 * @throws {OutputLargerError} when the output is about more of the source than this run
 */
export async function runDataset(options: DatasetRunOptions): Promise<RunEnding> {
  const { scratchFolder } = options;
  const moved = new ScratchTable<Answer>(join(scratchFolder, 'moved'));
  const journaled = new ScratchTable<Answer>(join(scratchFolder, 'journaled'));
  const answered = new ScratchTable<Caption>(join(scratchFolder, 'answered'));
  const images = new KeptImages(join(scratchFolder, 'images'));
  try {
    const run = await DatasetRun.open(options, { moved, journaled, answered, images });
    return await run.run();
  } finally {
    await moved.close();
    await journaled.close();
    await answered.close();
    await images.close();
  }
}

interface Scratch {
  readonly moved: ScratchTable<Answer>;
  readonly journaled: ScratchTable<Answer>;
  readonly answered: ScratchTable<Caption>;
  readonly images: KeptImages;
}

class DatasetRun {
  private readonly askOnce: AskOnce;
  private readonly writer: ShardWriter;
  /** Shards that are not written yet, oldest first, and when they are. */
  private open: { readonly shard: OpenShard; readonly written: Promise<boolean> }[] = [];
  private isPlanned = false;
  private readonly stopped: Promise<void>;

  private constructor(
    private readonly planning: RowPlanning,
    private readonly state: RunState,
    private readonly journal: Journal,
    { answered, images }: Scratch,
  ) {
    const { options, parameters } = planning;
    const { asker, cache } = options;
    this.stopped = untilAborted([options.abort.signal, ...(options.stopping ? [options.stopping] : [])]);
    this.askOnce = new AskOnce({ asker, cache, answered, parameters: digestParameters(options.parameters) });
    this.writer = new ShardWriter({ options, parameters, state, journal, images });
  }

  static async open(options: DatasetRunOptions, scratch: Scratch): Promise<DatasetRun> {
    const { output, asker, facts, retryFailed = false } = options;
    const { prepend = '', append = '' } = options.shape ?? {};
    const state = new RunState(options.state);
    const journal = new Journal(options.state);
    const parameters = digestParameters({ ...options.parameters, shape: { prepend, append } });
    await scratch.journaled.putAll(journal.read());
    const earlier = await EarlierRows.open({
      output,
      state,
      journaled: scratch.journaled,
      model: asker.model,
      parameters,
      moved: scratch.moved,
      retryFailed,
      facts,
    });
    const planning = { options, parameters, earlier, images: scratch.images };
    return new DatasetRun(planning, state, journal, scratch);
  }

  async run(): Promise<RunEnding> {
    const { options, earlier } = this.planning;
    // Every row in flight listens; they are as many as the asker wants, and no leak.
    setMaxListeners(0, options.abort.signal);
    await this.checkSelection();
    await this.askAll();
    for (const { shard } of this.open) shard.giveUp();
    await Promise.all(this.open.map(({ written }) => written));
    // What failed after the last row was through.
    options.abort.signal.throwIfAborted();
    await this.journal.flush();
    if (!this.isPlanned) return 'stopped';
    for (const { name, rows } of earlier.leftOver) if (rows > 0) await this.empty(name);
    await options.output.finish();
    await this.journal.clear();
    return 'finished';
  }

  /** A part of the source must not replace the rows of all of it. */
  private async checkSelection(): Promise<void> {
    const { selection = {}, output } = this.planning.options;
    const before = await this.state.readSelection();
    const isThere = this.planning.earlier.leftOver.some(({ rows }) => rows > 0);
    if (before !== undefined && isThere && !includesSelection(selection, before)) {
      throw new OutputLargerError(output.uri);
    }
    await this.state.writeSelection(selection);
  }

  private async askAll(): Promise<void> {
    const { options } = this.planning;
    const { asker, abort, countsRows = false } = options;
    const tasks = this.tasks();
    const counting = new AbortController();
    let working = asker.concurrency;
    const work = async (): Promise<void> => {
      for (let next = await tasks.next(); next.done !== true; next = await tasks.next()) {
        await answerRows(next.value, {
          options,
          askOnce: this.askOnce,
          journal: this.journal,
          images: this.planning.images,
        });
      }
      // Whoever comes last: what was not counted by now need not be.
      working -= 1;
      if (working === 0) counting.abort();
    };
    const signals = [counting.signal, abort.signal, ...(options.stopping ? [options.stopping] : [])];
    const count = () => (countsRows ? countRows(options, AbortSignal.any(signals)) : Promise.resolve());
    await runWorkers([count, ...Array.from({ length: asker.concurrency }, () => work)], abort);
  }

  /** Rows to be asked about, in the order of the source, no further ahead than a few shards. */
  private async *tasks(): AsyncGenerator<RowTask> {
    const { options, earlier } = this.planning;
    for await (const { name, records } of cutShards(options.source, this.cutting())) {
      if (!(await this.hasRoom())) return;
      const before = await earlier.beginShard(name);
      const shard = new OpenShard(name);
      this.writeWhenEnded(shard, before?.stamp);
      for await (const record of records) {
        if (this.isStopping) return;
        const task = await planRecord(record, shard, this.planning);
        if (task !== undefined) yield task;
      }
      if (this.isStopping) return;
      await this.journal.keep(NO_SHARD, await earlier.endShard());
      shard.endPlanning();
    }
    this.isPlanned = true;
  }

  private cutting(): Cutting {
    const { selection = {}, shardRows = DEFAULT_SHARD_ROWS, prompts, keepShardNames } = this.planning.options;
    const shardRecords = Math.max(1, Math.floor(shardRows / prompts.length));
    return { selection, shardRecords, keepNames: keepShardNames, reading: this.reading() };
  }

  private reading(): ReadOptions {
    const { abort, facts, onUnreadable } = this.planning.options;
    return {
      signal: abort.signal,
      onUnreadable: (place, error) => {
        facts.unreadable += 1;
        onUnreadable?.(place, error);
      },
    };
  }

  private get isStopping(): boolean {
    const { stopping, abort } = this.planning.options;
    return stopping?.aborted === true || abort.signal.aborted;
  }

  /** Waits until another shard may be opened; false when the run stops. */
  private async hasRoom(): Promise<boolean> {
    while (this.open.length >= OPEN_SHARDS && !this.isStopping) {
      await Promise.race([this.open[0]?.written, this.stopped]);
    }
    return !this.isStopping;
  }

  private writeWhenEnded(shard: OpenShard, stamp: Parameters<ShardWriter['write']>[0]['stamp']): void {
    const before = this.open.at(-1)?.written ?? Promise.resolve(true);
    const write = async (): Promise<boolean> => {
      const isWhole = await shard.ended;
      if (!(await before) || !isWhole) return false;
      await this.writer.write({ shard, stamp });
      this.open.shift();
      return true;
    };
    const written = write().catch((error: unknown) => {
      this.planning.options.abort.abort(error);
      return false;
    });
    this.open.push({ shard, written });
  }

  /** Rows of a shard that no longer belongs to the source. */
  private async empty(name: string): Promise<void> {
    await this.state.deleteStamp(name);
    await this.planning.options.output.writeShard({ name, rows: [], readImage: async () => undefined });
  }
}

function untilAborted(signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of signals) {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    }
  });
}
