// Memory for a whole vocabulary, taken once.

/** Candidates are taken this many at a time; behind the last there are impossible ones up to a multiple of it. */
export const STRIDE: i32 = 8;
/** Weights are summed up in blocks of this many. */
export const BLOCK: i32 = 256;
/** Buckets of scores. */
export const BUCKET_COUNT: i32 = 1024;
const PAGE_BYTES: usize = 65536;

/** f32 each. */
export let scores: usize = 0;
/** i32 each, ascending. */
export let ids: usize = 0;
/** f64 each: the probability as a share of the best candidate's. */
export let weights: usize = 0;
/** 4 bytes for each, to be used within one call. */
export let scratch: usize = 0;
/** f64 for each block. */
export let blocks: usize = 0;
/** f64 for each bucket of scores. */
export let buckets: usize = 0;

let top: usize = __heap_base;

/** Returns whether there was memory. */
export function takeAll(vocabularySize: i32): bool {
  const room = <usize>roundUp(vocabularySize, STRIDE);
  scores = take(room * 4);
  ids = take(room * 4);
  weights = take(room * 8);
  scratch = take(room * 4);
  blocks = take((<usize>vocabularySize / BLOCK + 1) * 8);
  buckets = take(BUCKET_COUNT * 8);
  const missing = <i32>((top + PAGE_BYTES - 1) / PAGE_BYTES) - memory.size();
  return missing <= 0 || memory.grow(missing) >= 0;
}

export function roundUp(value: i32, multiple: i32): i32 {
  return ((value + multiple - 1) / multiple) * multiple;
}

function take(bytes: usize): usize {
  const start = (top + 15) & ~15;
  top = start + bytes;
  return start;
}
