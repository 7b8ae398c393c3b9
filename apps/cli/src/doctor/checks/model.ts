import { TesseraError } from '@tessera/contracts';
import { type Config } from '@tessera/config';
import { describeModel, type ModelDescription, type ModelManifest, readManifest } from '@tessera/converter';
import { CacheBudgetError, planMemory } from '@tessera/engine';
import { memoryLimitBytes } from '@tessera/processes';
import { formatBytes } from '../../terminal/format.js';
import { type Check, type CheckResult } from '../check.js';

/** The model of TESSERA_MODEL: what it is, and whether it and its KV cache fit the memory. */
export const modelCheck: Check = {
  name: 'model',
  run: async ({ config }) => {
    const { directory } = config.model;
    try {
      const description = await describeModel(directory);
      if (description.unsupported !== null) return unsupported(directory, description.unsupported);
      if (description.kind === 'checkpoint') return describeCheckpoint(config, description);
      return describeConverted(config, description, await readManifest(directory));
    } catch (error) {
      if (!(error instanceof TesseraError)) throw error;
      const remedy =
        error instanceof CacheBudgetError
          ? 'set TESSERA_KV_CACHE_BYTES or TESSERA_SLOTS'
          : 'set TESSERA_MODEL to a folder of a checkpoint or of a converted model';
      return { status: 'broken', summary: error.message, remedy, facts: { directory } };
    }
  },
};

function unsupported(directory: string, reason: string): CheckResult {
  return {
    status: 'broken',
    summary: `${directory} cannot be converted: ${reason}`,
    remedy: 'set TESSERA_MODEL to a model that docs/models.md lists',
    facts: { directory, unsupported: reason },
  };
}

function describeCheckpoint({ model, worker }: Config, { id, files }: ModelDescription): CheckResult {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const { directory, precision } = model;
  return {
    status: 'ok',
    summary: `${id} is a checkpoint of ${formatBytes(bytes)}, converted to ${precision} at the first start`,
    facts: { directory, id, kind: 'checkpoint', bytes, precision, kv_cache_bytes: worker.kvCacheBytes },
  };
}

function describeConverted(
  { model, worker }: Config,
  { id, precision }: ModelDescription,
  manifest: ModelManifest,
): CheckResult {
  const memoryBytes = memoryLimitBytes();
  const facts = { directory: model.directory, id, kind: 'converted', precision, memory_bytes: memoryBytes };
  const { slots: slotCount, kvCacheBytes: cacheBudgetBytes, featureCacheBytes } = worker;
  const plan = planMemory(manifest, { slotCount, cacheBudgetBytes, featureCacheBytes });
  const { weightBytes, cacheBytes, totalBytes } = plan;
  const needed = `${formatBytes(weightBytes)} of weights and ${formatBytes(cacheBytes)} of KV cache`;
  const result = {
    summary: `${id} in ${precision}: ${needed} of ${formatBytes(memoryBytes)} of memory`,
    facts: { ...facts, weight_bytes: weightBytes, kv_cache_bytes: cacheBytes },
  };
  if (worker.device !== 'cpu' || totalBytes <= memoryBytes) return { status: 'ok', ...result };
  const remedy = 'it does not fit: set a smaller TESSERA_KV_CACHE_BYTES, or convert to int8 or int4';
  return { status: 'broken', ...result, remedy };
}
