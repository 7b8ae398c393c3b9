import { decay } from './decay';
import { BLOCK, blocks, roundUp, scores, STRIDE, weights } from './memory';

/** Writes the weight of each candidate, as a share of that of one with the score `best`. */
export function weighAll(count: i32, best: f32): void {
  const top = f64x2.splat(<f64>best);
  const end = scores + ((<usize>roundUp(count, STRIDE)) << 2);
  let into = weights;
  for (let at = scores; at < end; at += 4 * STRIDE) {
    const first = v128.load(at);
    const second = v128.load(at, 16);
    v128.store(into, weightOf(top, first));
    v128.store(into, weightOf(top, upperHalf(first)), 16);
    v128.store(into, weightOf(top, second), 32);
    v128.store(into, weightOf(top, upperHalf(second)), 48);
    into += 8 * STRIDE;
  }
}

/** Adds weights up block by block, and returns the sum of all. */
export function sumBlocks(count: i32): f64 {
  let total: f64 = 0;
  let block = blocks;
  const end = weights + ((<usize>roundUp(count, STRIDE)) << 3);
  for (let start = weights; start < end; start += 8 * BLOCK) {
    const sum = sumOf(start, min(start + 8 * BLOCK, end));
    store<f64>(block, sum);
    total += sum;
    block += 8;
  }
  return total;
}

/** Index of the candidate in whose part of the sum of all weights `wanted` falls, the parts laid out in their order. */
export function indexAt(count: i32, wanted: f64): i32 {
  let passed: f64 = 0;
  let start = 0;
  for (let block = blocks; start + BLOCK < count; block += 8) {
    const sum = load<f64>(block);
    if (passed + sum > wanted) break;
    passed += sum;
    start += BLOCK;
  }
  // Only where rounding of the two sums leaves the last border short is it the last one that can be drawn.
  let last = start;
  for (let index = start; index < min(start + BLOCK, count); index++) {
    const weight = load<f64>(weights + ((<usize>index) << 3));
    passed += weight;
    if (passed > wanted) return index;
    if (weight > 0) last = index;
  }
  return last;
}

function sumOf(start: usize, end: usize): f64 {
  let first = f64x2.splat(0);
  let second = f64x2.splat(0);
  let third = f64x2.splat(0);
  let fourth = f64x2.splat(0);
  for (let at = start; at < end; at += 8 * STRIDE) {
    first = f64x2.add(first, v128.load(at));
    second = f64x2.add(second, v128.load(at, 16));
    third = f64x2.add(third, v128.load(at, 32));
    fourth = f64x2.add(fourth, v128.load(at, 48));
  }
  const sums = f64x2.add(f64x2.add(first, second), f64x2.add(third, fourth));
  return f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
}

function weightOf(top: v128, lowerScores: v128): v128 {
  return decay(f64x2.sub(top, f64x2.promote_low_f32x4(lowerScores)));
}

function upperHalf(vector: v128): v128 {
  return v128.shuffle<i64>(vector, vector, 1, 1);
}
