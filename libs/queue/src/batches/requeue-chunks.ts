import { type BatchRecord } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { type Redis } from 'ioredis';
import { callRedis } from '../redis-client.js';
import { type ChunkQueues, chunkQueueNameOf } from './chunk-queues.js';
import { type ChunkScripts } from './chunk-scripts.js';

const PAGE_SIZE = 200;

interface Parts {
  readonly redis: Redis;
  readonly root: string;
  readonly chunks: ChunkScripts;
  readonly queues: ChunkQueues;
  readonly getBatch: (id: string) => Promise<BatchRecord | undefined>;
  readonly logger: Logger;
}

/** Compares the chunks of a batch with BullMQ, and marks those that have lost their entry. */
export async function markLostChunks(parts: Parts, { id, model }: BatchRecord): Promise<void> {
  if (model === undefined) return;
  const marked = await parts.chunks.reconcile(id, chunkQueueNameOf(model));
  for (const index of marked) parts.logger.warn({ batchId: id, index }, 'the chunk has no queue entry');
}

/** Gives chunks that have been marked as unqueued for so long their queue entry. */
export async function requeueChunks(parts: Parts, unqueuedForMs: number): Promise<void> {
  const { redis, root, chunks, queues, getBatch, logger } = parts;
  const due = await chunks.due(unqueuedForMs, PAGE_SIZE);
  for (const { batchId, index } of due) {
    const model = (await getBatch(batchId))?.model;
    if (model !== undefined) {
      await queues.add({ batchId, index, model });
      logger.warn({ batchId, index }, 'the chunk had no queue entry; it has one now');
    }
    await callRedis('unmark the chunk', () => redis.zrem(`${root}:unqueued-chunks`, `${batchId}:${index}`));
  }
}
