import { resolve } from 'node:path';
import { loadConfig } from '@tessera/config';
import { openOutputOf, openOutputRoom, openSource, type OutputOptions, ResultCache } from '@tessera/datasets';
import { InputBuckets } from '@tessera/storage';
import { createStatusLine } from '../terminal/status-line.js';
import { type CaptionAsker } from './caption-asker.js';
import { type CaptionTask } from './caption-task.js';
import { captionDataset } from './caption-dataset.js';
import { type CaptionOptions } from './caption-options.js';
import { carriedColumns } from './carried-columns.js';
import { ImageReader } from './image-reader.js';
import { lockOutput } from './lock-output.js';
import { printEstimate } from './print-estimate.js';
import { readPrompts } from './read-prompts.js';
import { makeScratchFolder } from './scratch-folder.js';

const S3_URL = /^s3:/i;

/** Captions a dataset into another, in this process or, with `--url`, through a service. */
export async function runCaption(uri: string, options: CaptionOptions): Promise<void> {
  const config = loadConfig();
  const { service } = config.inputs;
  const prompts = await readPrompts(options.question, options.promptFile);
  // Whoever runs the command has the credentials: they decide what may be read.
  const buckets = new InputBuckets({ buckets: 'any', service, store: config.store });
  const { sourceForm: form, imageColumn, keyColumn } = options;
  const source = await openSource(absolute(uri), { buckets, form, imageColumn, keyColumn });
  const reader = new ImageReader(config, buckets);
  const task = { config, options, source, prompts, reader, status: createStatusLine() };
  try {
    if (options.dryRun) await estimate(task);
    else await captionInto(absolute(options.output ?? ''), task);
  } finally {
    await reader.close();
  }
}

async function estimate(task: CaptionTask): Promise<void> {
  const asker = await openAsker(task);
  try {
    await printEstimate({ ...task, asker });
  } finally {
    await asker.close();
  }
}

/** Everything that can be wrong with the output is found before the model is loaded. */
async function captionInto(uri: string, task: CaptionTask): Promise<void> {
  const { options, source, config } = task;
  const outputOptions = toOutputOptions(task);
  const room = await openOutputRoom(uri, { ...outputOptions, carried: [] });
  const carried = await carriedColumns(options.columns, source, room.form);
  const lock = await lockOutput(room);
  try {
    const output = await openOutputOf(room, { ...outputOptions, carried });
    const asker = await openAsker(task);
    const scratch = await makeScratchFolder(config.data.directory);
    try {
      await withCache(task, (cache) =>
        captionDataset({ ...task, output, room, carried, asker, cache, scratchFolder: scratch.path }),
      );
    } finally {
      await scratch.remove();
      await asker.close();
    }
  } finally {
    await lock?.release();
  }
}

function toOutputOptions({ options, prompts, config }: CaptionTask): Omit<OutputOptions, 'carried'> {
  const { outputForm, onExisting, captionExtension } = options;
  const isSidecar = outputForm === 'sidecar';
  return {
    ...(outputForm === undefined ? {} : { form: outputForm }),
    severalPrompts: prompts.length > 1,
    omitVolatile: !options.timings,
    // Of sidecars it says what becomes of other people's files.
    overwrite: onExisting === 'overwrite' && !isSidecar,
    sidecar: { onExisting, ...(captionExtension === undefined ? {} : { extension: captionExtension }) },
    s3Service: config.inputs.service,
  };
}

async function openAsker({ config, options, reader, status }: CaptionTask): Promise<CaptionAsker> {
  if (options.url !== undefined) {
    const { ServiceAsker } = await import('./service-asker.js');
    return ServiceAsker.open({ url: options.url, config, options, reader });
  }
  const { EngineAsker } = await import('./engine-asker.js');
  return EngineAsker.open({ config, options, reader, log: (line) => status.print(line) });
}

async function withCache(
  { config, options, status }: CaptionTask,
  run: (cache: ResultCache | undefined) => Promise<void>,
): Promise<void> {
  if (!options.cache) return run(undefined);
  const { directory, captionCacheBytes: maxBytes } = config.data;
  const folder = resolve(directory, 'captions');
  const onFailure = (error: unknown) =>
    status.print(
      `the cache in ${folder} is not used: ${error instanceof Error ? error.message : String(error)}`,
    );
  const cache = new ResultCache({ folder, maxBytes, onFailure });
  try {
    await run(cache);
  } finally {
    await cache.close();
  }
}

/** Rows name the places of images for whoever reads them anywhere. */
function absolute(uri: string): string {
  return S3_URL.test(uri) ? uri : resolve(uri);
}
