import { CacheBudgetError } from '../errors.js';

/** Slots of one length: a KV-cache buffer of `slotCount` rows that hold `capacityTokens` positions each. */
export interface SlotClass {
  readonly capacityTokens: number;
  readonly slotCount: number;
}

/** Short slots where nobody asks for a number, memory permitting. */
const DEFAULT_SLOT_COUNT = 8;
/** Positions of a slot for ordinary prompts; longer ones take a slot of the full context. */
const SHORT_CAPACITY_TOKENS = 2048;

/**
 * The length classes of a KV cache within a memory budget: `slotCount` short slots (without a number: 8, or as many as fit
 * half of the budget) and, where the context is longer and
 * memory is left, longer ones. Where the rest holds a slot of the full context, there are as many of those as fit, up to
 * a quarter of the short ones; where it does not, there is one as long as fits, and longer prompts are refused.
 * Throws {@link CacheBudgetError} when the short slots alone do not fit.
 */
export function planSlotClasses(request: {
  slotCount: number | undefined;
  contextTokens: number;
  bytesPerToken: number;
  budgetBytes: number;
}): SlotClass[] {
  const { contextTokens, bytesPerToken, budgetBytes } = request;
  const shortCapacity = Math.min(SHORT_CAPACITY_TOKENS, contextTokens);
  const slotBytes = shortCapacity * bytesPerToken;
  const slotCount = request.slotCount ?? defaultSlotCount(slotBytes, budgetBytes);
  const shortBytes = slotCount * slotBytes;
  if (shortBytes > budgetBytes) {
    throw new CacheBudgetError(budgetBytes, { slotCount, capacityTokens: shortCapacity, bytesPerToken });
  }
  const short = { capacityTokens: shortCapacity, slotCount };
  const leftTokens = Math.floor((budgetBytes - shortBytes) / bytesPerToken);
  const longCapacity = Math.min(contextTokens, leftTokens);
  if (longCapacity <= shortCapacity) return [short];
  const longCount = Math.min(Math.floor(leftTokens / longCapacity), Math.ceil(slotCount / 4));
  return [short, { capacityTokens: longCapacity, slotCount: longCount }];
}

function defaultSlotCount(slotBytes: number, budgetBytes: number): number {
  const fitting = Math.floor(budgetBytes / 2 / slotBytes);
  return Math.min(DEFAULT_SLOT_COUNT, Math.max(1, fitting));
}

/** Index of the shortest class that holds this many positions. */
export function classFor(classes: readonly SlotClass[], positions: number): number | undefined {
  const index = classes.findIndex((slotClass) => slotClass.capacityTokens >= positions);
  return index < 0 ? undefined : index;
}
