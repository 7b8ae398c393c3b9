/** Who waits for an answer: somebody right now, or a batch. */
export type Priority = 'interactive' | 'batch';

/** Lower goes first. */
const RANKS: Record<Priority, number> = { interactive: 0, batch: 1 };

/** Interactive ones first, else in the order given. */
export function byPriority<T extends { readonly priority: Priority }>(waiting: Iterable<T>): T[] {
  return [...waiting].sort((one, other) => RANKS[one.priority] - RANKS[other.priority]);
}

/**
 * How many slots of a length class may be owned, by whomever, once a sequence of each kind has joined: batches leave one
 * slot free for interactive sequences, but for a class that has no more than that one.
 */
export function slotsOpenTo(slotCount: number): Record<Priority, number> {
  return { interactive: slotCount, batch: Math.max(1, slotCount - 1) };
}
