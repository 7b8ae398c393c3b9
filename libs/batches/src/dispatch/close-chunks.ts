import { type EarlyEnd } from '@tessera/contracts';
import { type BatchLedger, type ChunkKey, type StartedChunk } from '@tessera/queue';
import { ObjectNotFoundError, type ObjectStore } from '@tessera/storage';
import { randomUUID } from 'node:crypto';
import { writeParts } from '../chunk/part-files.js';
import { readChunkRows } from '../chunk/read-chunk-rows.js';
import { decodeRowResult, type RowResult, unrunRowResult } from '../chunk/row-result.js';

/** Rows under way when a batch ends early get this long to finish. */
export const ROWS_UNDER_WAY_MS = 120_000;

/**
 * Commits the chunks of a batch that ends early with what their journals have; the other rows get a line that says why
 * they never ran. Chunks that workers still have rows of under way are left for the next call.
 * @returns how many were left
 */
export async function closeChunks(
  batch: { id: string; earlyEnd: EarlyEnd },
  { ledger, objectStore, graceMs }: { ledger: BatchLedger; objectStore: ObjectStore; graceMs: number },
): Promise<number> {
  let left = 0;
  for (const index of await ledger.openChunks(batch.id)) {
    const key = { batchId: batch.id, index, token: randomUUID() };
    const chunk = await ledger.seize(key, graceMs);
    if (chunk === 'gone') continue;
    if (chunk === 'busy') left += 1;
    else await closeChunk({ key, chunk, earlyEnd: batch.earlyEnd }, { ledger, objectStore });
  }
  return left;
}

async function closeChunk(
  { key, chunk, earlyEnd }: { key: ChunkKey; chunk: StartedChunk; earlyEnd: EarlyEnd },
  { ledger, objectStore }: { ledger: BatchLedger; objectStore: ObjectStore },
): Promise<void> {
  const results = await resultsOf({ batchId: key.batchId, chunk, earlyEnd }, objectStore);
  await ledger.commit(key, await writeParts(objectStore, key, { range: chunk, results }));
}

/** What ran, and a line for every other row; without those where the input is gone, as nobody knows their names. */
async function resultsOf(
  { batchId, chunk, earlyEnd }: { batchId: string; chunk: StartedChunk; earlyEnd: EarlyEnd },
  objectStore: ObjectStore,
): Promise<RowResult[]> {
  try {
    const rows = await readChunkRows(objectStore, chunk);
    return rows.map(({ row, customId }) => {
      const journaled = chunk.journal.get(row);
      return journaled === undefined
        ? unrunRowResult({ batchId, row, customId }, earlyEnd)
        : decodeRowResult(journaled);
    });
  } catch (error) {
    if (!(error instanceof ObjectNotFoundError)) throw error;
    const journaled = [...chunk.journal].sort(([one], [other]) => one - other);
    return journaled.map(([, text]) => decodeRowResult(text));
  }
}
