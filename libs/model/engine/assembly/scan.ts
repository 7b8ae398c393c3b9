// Passes over all scores.
import { ids, roundUp, scores, scratch, STRIDE, weights } from './memory';

/** Makes the candidates behind the last impossible, up to a multiple of the stride. */
export function pad(count: i32): void {
  for (let index = count; index < roundUp(count, STRIDE); index++) {
    store<f32>(scores + ((<usize>index) << 2), -Infinity);
    store<f64>(weights + ((<usize>index) << 3), 0);
  }
}

export function divideAll(count: i32, divisor: f64): void {
  const by = f64x2.splat(divisor);
  const end = scores + ((<usize>count) << 2);
  for (let at = scores; at < end; at += 16) {
    const four = v128.load(at);
    const lower = f64x2.div(f64x2.promote_low_f32x4(four), by);
    const upper = f64x2.div(f64x2.promote_low_f32x4(v128.shuffle<i64>(four, four, 1, 1)), by);
    const both = v128.shuffle<i64>(f32x4.demote_f64x2_zero(lower), f32x4.demote_f64x2_zero(upper), 0, 2);
    v128.store(at, both);
  }
}

/** The largest score that is a number. */
export function largest(count: i32): f32 {
  let first = f32x4.splat(-Infinity);
  let second = f32x4.splat(-Infinity);
  const end = scores + ((<usize>roundUp(count, STRIDE)) << 2);
  for (let at = scores; at < end; at += 4 * STRIDE) {
    first = f32x4.pmax(first, v128.load(at));
    second = f32x4.pmax(second, v128.load(at, 16));
  }
  const four = f32x4.pmax(first, second);
  const two = f32x4.pmax(four, v128.shuffle<i64>(four, four, 1, 1));
  return max(f32x4.extract_lane(two, 0), f32x4.extract_lane(two, 1));
}

/** Whether a score is not a number. */
export function hasNaN(count: i32): bool {
  let found = i32x4.splat(0);
  const end = scores + ((<usize>roundUp(count, STRIDE)) << 2);
  for (let at = scores; at < end; at += 16) {
    const four = v128.load(at);
    found = v128.or(found, f32x4.ne(four, four));
  }
  return v128.any_true(found);
}

/** Index of the first candidate with this score; 0 if there is none. */
export function firstWith(count: i32, score: f32): i32 {
  const wanted = f32x4.splat(score);
  for (let index = 0; index < count; index += 4) {
    const found = i32x4.bitmask(f32x4.eq(v128.load(scores + ((<usize>index) << 2)), wanted));
    if (found != 0) return index + ctz(found);
  }
  return 0;
}

/** Keeps candidates with more than this score, and the first `equals` of those that have it. Returns how many are left. */
export function keep(count: i32, score: f32, equals: i32, withWeights: bool): i32 {
  const least = f32x4.splat(score);
  let kept = 0;
  for (let index = 0; index < count; index += 4) {
    let found = i32x4.bitmask(f32x4.ge(v128.load(scores + ((<usize>index) << 2)), least));
    for (; found != 0; found &= found - 1) {
      const from = <usize>(index + ctz(found));
      const own = load<f32>(scores + (from << 2));
      if (from >= <usize>count || (own == score && equals-- <= 0)) continue;
      store<f32>(scores + ((<usize>kept) << 2), own);
      store<i32>(ids + ((<usize>kept) << 2), load<i32>(ids + (from << 2)));
      if (withWeights) store<f64>(weights + ((<usize>kept) << 3), load<f64>(weights + (from << 3)));
      kept++;
    }
  }
  return kept;
}

/** The `n`th largest score, by a heap of the `n` largest whose root is the least of them. */
export function nthLargest(count: i32, n: i32): f32 {
  memory.copy(scratch, scores, (<usize>n) << 2);
  for (let root = (n >> 1) - 1; root >= 0; root--) sink(n, root);
  let least = load<f32>(scratch);
  for (let index = n; index < count; index += 4) {
    let found = i32x4.bitmask(f32x4.gt(v128.load(scores + ((<usize>index) << 2)), f32x4.splat(least)));
    for (; found != 0; found &= found - 1) {
      const at = index + ctz(found);
      const score = load<f32>(scores + ((<usize>at) << 2));
      if (at >= count || score <= least) continue;
      store<f32>(scratch, score);
      sink(n, 0);
      least = load<f32>(scratch);
    }
  }
  return least;
}

function sink(size: i32, start: i32): void {
  const value = load<f32>(scratch + ((<usize>start) << 2));
  let parent = start;
  for (;;) {
    let child = 2 * parent + 1;
    if (child >= size) break;
    const left = load<f32>(scratch + ((<usize>child) << 2));
    if (child + 1 < size && load<f32>(scratch + ((<usize>child) << 2), 4) < left) child++;
    const least = load<f32>(scratch + ((<usize>child) << 2));
    if (least >= value) break;
    store<f32>(scratch + ((<usize>parent) << 2), least);
    parent = child;
  }
  store<f32>(scratch + ((<usize>parent) << 2), value);
}
