// Tokens that may come next: the passes over a whole vocabulary that choosing a token takes. docs/decisions/0013 says why
// this is WebAssembly.
import * as memory from './memory';
import { findNucleus, lastCount, lastScore } from './nucleus';
import { divideAll, firstWith, hasNaN, keep, largest, nthLargest, pad } from './scan';
import { indexAt, sumBlocks, weighAll } from './weigh';

let size: i32 = 0;
let count: i32 = 0;
/** Entries at the start of the ids that are not their own index. */
let movedIds: i32 = 0;
let best: f32 = 0;
let knowsBest: bool = false;
let hasWeights: bool = false;
let isSpoilt: bool = false;

/** Takes memory for a vocabulary, once. Returns whether there was any. */
export function begin(vocabularySize: i32): bool {
  size = vocabularySize;
  movedIds = vocabularySize;
  return memory.takeAll(vocabularySize);
}

export function scoresAddress(): usize {
  return memory.scores;
}

export function idsAddress(): usize {
  return memory.ids;
}

/** Begins with every token of the vocabulary, whose scores have just been written. */
export function restart(): void {
  for (let id = 0; id < movedIds; id++) store<i32>(memory.ids + ((<usize>id) << 2), id);
  movedIds = 0;
  count = size;
  knowsBest = false;
  hasWeights = false;
  pad(count);
  isSpoilt = hasNaN(count);
}

export function candidateCount(): i32 {
  return count;
}

/** Divides every score. */
export function divide(divisor: f64): void {
  divideAll(count, divisor);
  knowsBest = false;
}

/** The best score. */
export function bestScore(): f32 {
  if (!knowsBest) best = largest(count);
  knowsBest = true;
  return best;
}

/** Index of the best candidate, the first of several. */
export function bestIndex(): i32 {
  return firstWith(count, bestScore());
}

/** Keeps candidates with this score or more. */
export function keepFrom(score: f64): void {
  keepRanks(notBelow(score), i32.MAX_VALUE);
}

/** Keeps the `n` best, and whatever ties with the last of them. */
export function keepBest(n: i32): void {
  if (n < count) keepRanks(nthLargest(count, n), i32.MAX_VALUE);
}

/** Weighs the candidates by probability. Returns the sum of their weights; not a number if a logit was none. */
export function weigh(): f64 {
  if (!hasWeights) weighAll(count, bestScore());
  hasWeights = true;
  return isSpoilt ? NaN : sumBlocks(count);
}

/** Keeps the fewest best that have this share of the sum of all weights, which `weigh` has just returned. */
export function keepNucleus(share: f64, total: f64): void {
  findNucleus(count, bestScore(), total, share);
  keepRanks(lastScore, lastCount);
}

/** Index of the candidate in whose part of the sum of weights this falls; `weigh` was called before. */
export function draw(wanted: f64): i32 {
  return indexAt(count, wanted);
}

function keepRanks(score: f32, equals: i32): void {
  count = keep(count, score, equals, hasWeights);
  movedIds = max(movedIds, count);
  pad(count);
}

/** The least score that is not below a number. */
function notBelow(limit: f64): f32 {
  const near = <f32>limit;
  if (<f64>near >= limit) return near;
  return reinterpret<f32>(near >= 0 ? reinterpret<i32>(near) + 1 : reinterpret<i32>(near) - 1);
}
