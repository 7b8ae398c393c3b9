/** Prompt tokens that one prefill step computes at most where a device takes them, so that decoding of others waits no longer than that. */
export const PREFILL_CHUNK_TOKENS = 512;

/** What a prompt's chunks follow from. */
export interface ChunkedPrompt {
  readonly tokenIds: readonly number[];
  /** Stretches of image tokens. */
  readonly images: readonly { readonly end: number }[];
  /** Tokens of one chunk at most. */
  readonly chunkTokens: number;
}

/**
 * Where the prefill of a prompt is cut, ascending; the last is its end. Boundaries are multiples of the chunk size, the
 * end of the first message (the system message, where there is one) and the end of every image. They follow from the
 * tokens before them and never from the load, so the same prompt always gives the same numbers, and two prompts that begin
 * alike are cut alike as far as they do: what one has computed up to a boundary is what the other would compute.
 *
 * @param messageEndTokenId the token that ends a message.
 */
export function prefillChunkEnds(
  { tokenIds, images, chunkTokens }: ChunkedPrompt,
  messageEndTokenId: number | undefined,
): number[] {
  const length = tokenIds.length;
  const firstMessageEnd = messageEndTokenId === undefined ? 0 : tokenIds.indexOf(messageEndTokenId) + 1;
  const multiples = Array.from(
    { length: Math.floor(length / chunkTokens) },
    (_, index) => (index + 1) * chunkTokens,
  );
  const ends = new Set([firstMessageEnd, ...images.map(({ end }) => end), ...multiples, length]);
  return [...ends].filter((end) => end > 0).sort((a, b) => a - b);
}

/** End of the chunk that starts at `start`. */
export function nextChunkEnd(chunkEnds: readonly number[], start: number): number {
  return chunkEnds.find((end) => end > start) ?? start;
}
