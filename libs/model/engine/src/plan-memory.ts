import { type ModelManifest } from '@tessera/converter';
import { MemoryPlanError } from './errors.js';
import { cacheBytesPerToken, type CacheShape } from './kv-cache.js';
import { planSlotClasses, type SlotClass } from './policy/slot-classes.js';

const DEFAULT_CACHE_BUDGET_BYTES = 4 * 1024 ** 3;
const DEFAULT_FEATURE_CACHE_BYTES = 256 * 1024 ** 2;

/** What an engine is asked to keep in memory. */
export interface MemoryRequest {
  readonly slotCount?: number | undefined;
  readonly cacheBudgetBytes?: number | undefined;
  readonly featureCacheBytes?: number | undefined;
}

/** What a loaded engine will hold. Images of requests on their way come on top. */
export interface MemoryPlan {
  readonly classes: readonly SlotClass[];
  readonly weightBytes: number;
  /** All slots of all length classes. */
  readonly cacheBytes: number;
  readonly featureCacheBytes: number;
  readonly totalBytes: number;
}

/** Plans slots and memory before anything is loaded. Throws CacheBudgetError. */
export function planMemory(manifest: ModelManifest, request: MemoryRequest): MemoryPlan {
  const bytesPerToken = cacheBytesPerToken(cacheShape(manifest));
  const classes = planSlotClasses({
    slotCount: request.slotCount,
    contextTokens: manifest.language_model.context_tokens,
    bytesPerToken,
    budgetBytes: request.cacheBudgetBytes ?? DEFAULT_CACHE_BUDGET_BYTES,
  });
  const positions = classes.reduce(
    (sum, { slotCount, capacityTokens }) => sum + slotCount * capacityTokens,
    0,
  );
  const weightBytes = Object.values(manifest.files).reduce((sum, { bytes }) => sum + bytes, 0);
  const cacheBytes = positions * bytesPerToken;
  const featureCacheBytes = request.featureCacheBytes ?? DEFAULT_FEATURE_CACHE_BYTES;
  const totalBytes = weightBytes + cacheBytes + featureCacheBytes;
  return { classes, weightBytes, cacheBytes, featureCacheBytes, totalBytes };
}

/** Refuses what would be killed by the system once the cache fills. Throws {@link MemoryPlanError}. */
export function checkMemory(plan: MemoryPlan, limitBytes: number): void {
  if (plan.totalBytes > limitBytes) throw new MemoryPlanError(plan, limitBytes);
}

/** The KV cache of a model, by its manifest. */
export function cacheShape({ language_model: model, weights }: ModelManifest): CacheShape {
  return {
    layerCount: model.layers,
    keyValueHeadCount: model.kv_heads,
    headSize: model.head_size,
    elementType: weights.activations,
  };
}
