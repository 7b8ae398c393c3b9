import { CacheBudgetError } from '../errors.js';

/** Slots of one length: a KV-cache buffer of `slotCount` rows that hold `capacityTokens` positions each. */
export interface SlotClass {
  readonly capacityTokens: number;
  readonly slotCount: number;
}

/** Positions of a slot for ordinary prompts; longer ones take a slot of the full context. */
const SHORT_CAPACITY_TOKENS = 2048;

/**
 * The length classes of a KV cache: `slotCount` short slots and, where the context is longer, as many full ones as the
 * rest of the budget holds, up to a quarter of the short ones and at least one.
 * Throws {@link CacheBudgetError} when that does not fit.
 */
export function planSlotClasses(request: {
  slotCount: number;
  contextTokens: number;
  bytesPerToken: number;
  budgetBytes: number;
}): SlotClass[] {
  const { slotCount, contextTokens, bytesPerToken, budgetBytes } = request;
  const shortCapacity = Math.min(SHORT_CAPACITY_TOKENS, contextTokens);
  const shortBytes = slotCount * shortCapacity * bytesPerToken;
  const fullBytes = contextTokens > shortCapacity ? contextTokens * bytesPerToken : 0;
  if (shortBytes + fullBytes > budgetBytes) {
    throw new CacheBudgetError(budgetBytes, shortBytes + fullBytes, slotCount);
  }
  const short = { capacityTokens: shortCapacity, slotCount };
  if (fullBytes === 0) return [short];
  const affordable = Math.floor((budgetBytes - shortBytes) / fullBytes);
  const fullCount = Math.max(1, Math.min(affordable, Math.ceil(slotCount / 4)));
  return [short, { capacityTokens: contextTokens, slotCount: fullCount }];
}

/** Index of the shortest class that holds this many positions. */
export function classFor(classes: readonly SlotClass[], positions: number): number | undefined {
  const index = classes.findIndex((slotClass) => slotClass.capacityTokens >= positions);
  return index < 0 ? undefined : index;
}
