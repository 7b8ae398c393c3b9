import { join, resolve } from 'node:path';
import { type Config } from '@tessera/config';
import { ensureConvertedModel } from '@tessera/converter';
import { Engine } from '@tessera/engine';
import { findRuntimeLibrary } from '@tessera/ort-runtime';
import { exitOnStop } from '../up/stop-signals.js';

export interface OpenEngineOptions {
  config: Config;
  /** A checkpoint or a converted model; absent: the configured one. */
  model: string | undefined;
  /** Sequences worked on at the same time; absent: as many as the KV cache has room for, at most 8. */
  slotCount: number | undefined;
  /** Told what takes long, for people. */
  log: (line: string) => void;
}

/** Loads a model into this process; a checkpoint is converted on first use and kept under the data folder. */
export async function openEngine({ config, model, slotCount, log }: OpenEngineOptions): Promise<Engine> {
  const release = exitOnStop();
  const modelDirectory = await ensureConvertedModel({
    source: model === undefined ? config.model.directory : resolve(model),
    cacheDirectory: join(config.data.directory, 'models'),
    precision: config.model.precision,
    prefill: config.model.prefill,
    log,
  }).finally(release);
  const { threads, device, kvCacheBytes, featureCacheBytes } = config.worker;
  return Engine.load({
    modelDirectory,
    device,
    library: await findRuntimeLibrary(device, config.runtime.directory),
    cacheBudgetBytes: kvCacheBytes,
    featureCacheBytes,
    ...(slotCount === undefined ? {} : { slotCount }),
    ...(threads === undefined ? {} : { threads }),
  });
}
