import { BUCKET_COUNT, buckets, scores, scratch, weights } from './memory';

/** Below the least weight that a candidate of the nucleus can have, by far more than sums are rounded. */
const MARGIN: f64 = 1 - 1e-6;

/** The last score of the nucleus. */
export let lastScore: f32 = 0;
/** How many candidates with that score are in it. */
export let lastCount: i32 = 0;

/** Sum of the weights of what ranks before the candidates that are still looked at. */
let passed: f64 = 0;

/**
 * Finds the fewest best candidates whose weights are `share` of the `total` together, at least one. Candidates lighter than
 * the mean of what may be left out are less than that together, so only the heavier ones are looked at: by buckets, then by
 * quickselect in the bucket in which the sum passes.
 */
export function findNucleus(count: i32, best: f32, total: f64, share: f64): void {
  const least = (((1 - share) * total) / <f64>count) * MARGIN;
  const wanted = share * total;
  const heavy = gatherHeavy(count, least);
  const perScore = <f64>BUCKET_COUNT / (1e-6 - NativeMath.log(least));
  passed = 0;
  lastScore = -Infinity;
  lastCount = count;
  select(gatherBucket(heavy, best, perScore, wanted), wanted);
}

/** Indexes of candidates with at least this weight, into the scratch memory. */
function gatherHeavy(count: i32, least: f64): i32 {
  const bound = f64x2.splat(least);
  let found = 0;
  for (let index = 0; index < count; index += 4) {
    const at = weights + ((<usize>index) << 3);
    const lower = i64x2.bitmask(f64x2.ge(v128.load(at), bound));
    let lanes = lower | (i64x2.bitmask(f64x2.ge(v128.load(at, 16), bound)) << 2);
    for (; lanes != 0; lanes &= lanes - 1) store<i32>(placeAt(found++), index + ctz(lanes));
  }
  return found;
}

/** Leaves, of the gathered candidates, those of the bucket in which the sum passes what is wanted. */
function gatherBucket(gathered: i32, best: f32, perScore: f64, wanted: f64): i32 {
  memory.fill(buckets, 0, (<usize>BUCKET_COUNT) << 3);
  for (let place = 0; place < gathered; place++) {
    const at = buckets + ((<usize>bucketOf(place, best, perScore)) << 3);
    store<f64>(at, load<f64>(at) + weightAt(place));
  }
  let bucket = 0;
  for (; bucket < BUCKET_COUNT - 1; bucket++) {
    const weight = load<f64>(buckets + ((<usize>bucket) << 3));
    if (passed + weight >= wanted) break;
    passed += weight;
  }
  let left = 0;
  for (let place = 0; place < gathered; place++) {
    if (bucketOf(place, best, perScore) == bucket) swap(left++, place);
  }
  return left;
}

function select(gathered: i32, wanted: f64): void {
  let low = 0;
  let high = gathered;
  while (low < high) {
    const pivot = middleOf(scoreAt(low), scoreAt((low + high) >> 1), scoreAt(high - 1));
    partition(low, high, pivot);
    if (aboveEnd > low && passed + aboveWeight >= wanted) {
      high = aboveEnd;
      continue;
    }
    passed += aboveWeight;
    lastScore = pivot;
    lastCount = 0;
    while (lastCount < equalCount && (passed < wanted || passed == 0)) {
      passed += equalWeight;
      lastCount++;
    }
    if (passed >= wanted) return;
    low = aboveEnd + equalCount;
  }
}

let aboveEnd: i32 = 0;
let aboveWeight: f64 = 0;
let equalCount: i32 = 0;
let equalWeight: f64 = 0;

/** Puts those above the pivot first, then those that equal it. */
function partition(low: i32, high: i32, pivot: f32): void {
  let place = low;
  let below = high;
  aboveEnd = low;
  aboveWeight = 0;
  while (place < below) {
    const score = scoreAt(place);
    if (score > pivot) {
      aboveWeight += weightAt(place);
      swap(aboveEnd++, place++);
    } else if (score < pivot) {
      swap(place, --below);
    } else {
      equalWeight = weightAt(place++);
    }
  }
  equalCount = place - aboveEnd;
}

function swap(one: i32, other: i32): void {
  const index = load<i32>(placeAt(one));
  store<i32>(placeAt(one), load<i32>(placeAt(other)));
  store<i32>(placeAt(other), index);
}

function bucketOf(place: i32, best: f32, perScore: f64): i32 {
  return min(<i32>((<f64>best - <f64>scoreAt(place)) * perScore), BUCKET_COUNT - 1);
}

function scoreAt(place: i32): f32 {
  return load<f32>(scores + ((<usize>load<i32>(placeAt(place))) << 2));
}

function weightAt(place: i32): f64 {
  return load<f64>(weights + ((<usize>load<i32>(placeAt(place))) << 3));
}

function placeAt(place: i32): usize {
  return scratch + ((<usize>place) << 2);
}

function middleOf(a: f32, b: f32, c: f32): f32 {
  return max(min(a, b), min(max(a, b), c));
}
