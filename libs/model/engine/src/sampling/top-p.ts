import { type Candidates } from './candidates.js';
import { decay } from './decay.js';

/** Buckets by distance from the best score: this many, each this wide; the last has all that is farther. */
const BUCKET_COUNT = 1024;
const BUCKETS_PER_UNIT = 32;
const masses = new Float64Array(BUCKET_COUNT);

/**
 * Keeps the fewest best candidates that have probability `p` together, at least one, as `TopPLogitsWarper` does. Among
 * equal scores the lower id stays. Only the bucket in which the sum passes `p` is sorted.
 */
export function keepTopP(candidates: Candidates, p: number): void {
  if (p >= 1) return;
  const best = candidates.scores[candidates.indexOfBest()] as number;
  const wanted = p * weigh(candidates, best);
  let passed = 0;
  let bucket = 0;
  while (bucket < BUCKET_COUNT - 1 && passed + (masses[bucket] as number) < wanted) {
    passed += masses[bucket++] as number;
  }
  const { scores, ids, weights } = candidates;
  const members = membersOf(candidates, best, bucket);
  let last = members[0];
  for (const index of members) {
    if (passed >= wanted && index !== members[0]) break;
    passed += weights[index] as number;
    last = index;
  }
  if (last !== undefined) candidates.keepThrough(scores[last] as number, ids[last]);
}

/** Weights, relative to the best candidate's, of all candidates and of the buckets; their sum. */
function weigh({ scores, weights, count }: Candidates, best: number): number {
  masses.fill(0);
  let total = 0;
  for (let index = 0; index < count; index++) {
    const distance = best - (scores[index] as number);
    const weight = decay(distance);
    weights[index] = weight;
    const bucket = bucketOf(distance);
    masses[bucket] = (masses[bucket] as number) + weight;
    total += weight;
  }
  return total;
}

/** Indexes of a bucket's candidates, by rank. */
function membersOf({ scores, count }: Candidates, best: number, bucket: number): number[] {
  const members: number[] = [];
  for (let index = 0; index < count; index++) {
    if (bucketOf(best - (scores[index] as number)) === bucket) members.push(index);
  }
  return members.sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
}

function bucketOf(distance: number): number {
  return Math.min(Math.floor(distance * BUCKETS_PER_UNIT), BUCKET_COUNT - 1);
}
