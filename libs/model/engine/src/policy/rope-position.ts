/** Where a model switches to its long rope factors; null for models with one set. */
export interface LongRope {
  readonly originalContextTokens: number;
  readonly rowOffset: number;
}

/**
 * Row of the rope tables for a position, in a run after which the sequence has `length` tokens (for prefill: the whole
 * prompt, whatever the chunk). Past the original context new tokens use the long factors; keys cached before keep theirs,
 * as in the reference.
 */
export function ropeRow(position: number, length: number, longRope: LongRope | null): number {
  if (longRope === null || length <= longRope.originalContextTokens) return position;
  return longRope.rowOffset + position;
}
