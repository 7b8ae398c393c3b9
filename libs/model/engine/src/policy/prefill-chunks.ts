/** Prompt tokens that one prefill step computes at most, so that decoding of others waits no longer than that. */
export const PREFILL_CHUNK_TOKENS = 512;

/**
 * End of the chunk that starts at `start`. Boundaries are multiples of the chunk size, never a matter of load, so the
 * same prompt is always cut the same way and always gives the same numbers.
 */
export function prefillChunkEnd(start: number, promptTokens: number): number {
  const boundary = (Math.floor(start / PREFILL_CHUNK_TOKENS) + 1) * PREFILL_CHUNK_TOKENS;
  return Math.min(boundary, promptTokens);
}
