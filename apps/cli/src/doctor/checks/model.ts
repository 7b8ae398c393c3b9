import { TesseraError } from '@tessera/contracts';
import { type Config } from '@tessera/config';
import { describeModel, type ModelDescription, type ModelManifest, readManifest } from '@tessera/converter';
import { formatBytes } from '../../terminal/format.js';
import { type Check, type CheckResult } from '../check.js';
import { memoryLimitBytes } from '../memory-limit.js';

const SHORT_SLOT_TOKENS = 2048;
const BYTES_PER_ACTIVATION = { float32: 4, float16: 2 } as const;

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
      const remedy = 'set TESSERA_MODEL to a folder of a checkpoint or of a converted model';
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
  { id, precision, files }: ModelDescription,
  manifest: ModelManifest,
): CheckResult {
  const weightBytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const memoryBytes = memoryLimitBytes();
  const { kvCacheBytes } = worker;
  const slotBytes = shortSlotBytes(manifest);
  const facts = {
    directory: model.directory,
    id,
    kind: 'converted',
    precision,
    weight_bytes: weightBytes,
    kv_cache_bytes: kvCacheBytes,
    slot_bytes: slotBytes,
    memory_bytes: memoryBytes,
  };
  const needed = `${formatBytes(weightBytes)} of weights and ${formatBytes(kvCacheBytes)} of KV cache`;
  const summary = `${id} in ${precision}: ${needed} of ${formatBytes(memoryBytes)} of memory`;
  if (slotBytes > kvCacheBytes) {
    const remedy = `a slot takes ${formatBytes(slotBytes)}: set TESSERA_KV_CACHE_BYTES to ${slotBytes} or more`;
    return { status: 'broken', summary, remedy, facts };
  }
  if (weightBytes + kvCacheBytes <= memoryBytes) return { status: 'ok', summary, facts };
  const remedy = 'it does not fit: set a smaller TESSERA_KV_CACHE_BYTES, or convert to int8 or int4';
  return { status: 'broken', summary, remedy, facts };
}

function shortSlotBytes({ language_model: model, weights }: ModelManifest): number {
  const bytesPerToken =
    model.layers * 2 * model.kv_heads * model.head_size * BYTES_PER_ACTIVATION[weights.activations];
  return Math.min(SHORT_SLOT_TOKENS, model.context_tokens) * bytesPerToken;
}
