import { join } from 'node:path';
import {
  type Asker,
  type DatasetOutput,
  type DatasetRow,
  type DatasetRunOptions,
  newRunFacts,
  openOutputOf,
  openOutputRoom,
  openSource,
  type OutputOptions,
  parsePrompt,
  runDataset,
  type RunFacts,
  type SourceOptions,
} from '@tessera/datasets';
import { type ObjectStore } from '@tessera/storage';
import { temporaryDirectory } from '@tessera/testing';
import { NO_BUCKETS } from '../sources/read-source.js';

export interface CaptionRun extends Partial<
  Pick<
    DatasetRunOptions,
    'cache' | 'selection' | 'shardRows' | 'retryFailed' | 'parameters' | 'shape' | 'stopping' | 'abort'
  >
> {
  readonly source: string;
  readonly output: string;
  readonly asker: Asker;
  readonly prompts?: readonly string[];
  readonly sourceOptions?: Partial<SourceOptions>;
  readonly outputOptions?: Partial<OutputOptions>;
  /** Puts something in the place of the store that the output and its journal are in. */
  readonly onStore?: (store: ObjectStore) => ObjectStore;
  /** Puts something in the place of the output. */
  readonly onOutput?: (output: DatasetOutput) => DatasetOutput;
}

export interface CaptionRunResult {
  readonly ending: string;
  readonly facts: RunFacts;
  readonly output: DatasetOutput;
}

/** A run as the command line makes one, over files of this machine. */
export async function captionRun(run: CaptionRun): Promise<CaptionRunResult> {
  const { prompts = ['What is it?'] } = run;
  const scratch = await temporaryDirectory('tessera-run');
  const facts = newRunFacts();
  const outputOptions: OutputOptions = {
    carried: [],
    severalPrompts: prompts.length > 1,
    omitVolatile: true,
    ...run.outputOptions,
  };
  try {
    const source = await openSource(run.source, { buckets: NO_BUCKETS, ...run.sourceOptions });
    const opened = await openOutputRoom(run.output, outputOptions);
    const store = run.onStore?.(opened.store) ?? opened.store;
    const room = { ...opened, store, state: { ...opened.state, store } };
    const output = await openOutputOf(room, outputOptions);
    const ending = await runDataset({
      source,
      output: run.onOutput?.(output) ?? output,
      state: room.state,
      prompts: prompts.map(parsePrompt),
      asker: run.asker,
      parameters: run.parameters ?? {},
      carried: outputOptions.carried,
      keepShardNames: room.keepsShards,
      needsImages: room.needsImages,
      scratchFolder: join(scratch.path, 'scratch'),
      facts,
      countsRows: true,
      abort: new AbortController(),
      ...optional(run),
    });
    return { ending, facts, output };
  } finally {
    await scratch.remove();
  }
}

function optional(run: CaptionRun): Partial<DatasetRunOptions> {
  const { cache, selection, shardRows, retryFailed, shape, stopping, abort } = run;
  const given = { cache, selection, shardRows, retryFailed, shape, stopping, abort };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** Rows of all shards, in order. */
export async function allRows(output: DatasetOutput): Promise<DatasetRow[]> {
  const rows: DatasetRow[] = [];
  for (const { name } of await output.shards()) {
    for await (const row of output.readShard(name)) rows.push(row);
  }
  return rows;
}
