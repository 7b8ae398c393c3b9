import { type Candidates } from './candidates.js';

/** Keeps the `k` best candidates and whatever ties with the last of them, as `TopKLogitsWarper` does. */
export function keepTopK(candidates: Candidates, k: number): void {
  if (k >= candidates.count) return;
  candidates.keepThrough(nthLargest(candidates.scores, candidates.count, k));
}

/** The `n`th largest of the first `count` values, by a heap of the `n` largest whose root is the least of them. */
function nthLargest(values: Float32Array, count: number, n: number): number {
  const heap = values.slice(0, n);
  for (let root = (n >> 1) - 1; root >= 0; root--) sink(heap, root);
  for (let index = n; index < count; index++) {
    const value = values[index] as number;
    if (value <= (heap[0] as number)) continue;
    heap[0] = value;
    sink(heap, 0);
  }
  return heap[0] as number;
}

function sink(heap: Float32Array, start: number): void {
  const value = heap[start] as number;
  let parent = start;
  for (;;) {
    let child = 2 * parent + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++;
    if ((heap[child] as number) >= value) break;
    heap[parent] = heap[child] as number;
    parent = child;
  }
  heap[parent] = value;
}
