import { isFinalBatchStatus } from '@tessera/contracts';
import { type Redis } from 'ioredis';
import { restoreBatchLua, restoreChunksLua } from '../lua/manage-batch.lua.js';
import { defineScript } from '../script.js';
import { encodeBatchRecord } from './batch-fields.js';
import { type RestoredBatch } from './batch-store.js';

/** Chunks restored with one command. */
const CHUNKS_AT_A_TIME = 200;

/** A writer of batches as the object store has them; false for one that Redis knows. */
export function defineRestore(redis: Redis, root: string, retentionSeconds: number) {
  const restoreBatch = defineScript(redis, root, { action: 'restore the batch', lua: restoreBatchLua });
  const restoreChunks = defineScript(redis, root, {
    action: 'restore chunks of the batch',
    lua: restoreChunksLua,
  });
  return async (batch: RestoredBatch): Promise<boolean> => {
    const { record, nextChunk } = batch;
    const chunks = chunkArguments(batch);
    // The batch comes last: from then on others work on it.
    for (let start = 0; start < chunks.length; start += CHUNKS_AT_A_TIME) {
      await restoreChunks(record.id, ...chunks.slice(start, start + CHUNKS_AT_A_TIME).flat());
    }
    const isFinal = isFinalBatchStatus(record.status) ? 1 : 0;
    const fields = encodeBatchRecord(record, { retentionSeconds, nextChunk });
    return (await restoreBatch(record.id, isFinal, ...fields)) === 'restored';
  };
}

function chunkArguments({ parts, openChunks }: RestoredBatch): (string | number)[][] {
  return [
    ...parts.map(({ index, chunk }) => ({ ...chunk, index, outcome: JSON.stringify(chunk) })),
    ...openChunks.map((chunk) => ({ ...chunk, outcome: '' })),
  ].map(({ index, outcome, fromRow, toRow, fromByte, toByte }) => [
    ...[index, outcome, fromRow, toRow, fromByte, toByte],
  ]);
}
