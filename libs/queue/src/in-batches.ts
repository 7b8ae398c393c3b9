/** Ids in lists of `batchSize`, the last one shorter. In a list an id comes once; it may come again in another. */
export async function* inBatches(ids: AsyncIterable<string>, batchSize: number): AsyncGenerator<string[]> {
  let batch = new Set<string>();
  for await (const id of ids) {
    batch.add(id);
    if (batch.size < batchSize) continue;
    yield [...batch];
    batch = new Set();
  }
  if (batch.size > 0) yield [...batch];
}
