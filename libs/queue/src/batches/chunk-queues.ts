import { type Logger } from '@tessera/observability';
import { type Redis } from 'ioredis';
import { EntryQueues } from '../entry-queues.js';
import { ENTRY_OPTIONS } from '../queue-entry.js';
import { callRedis } from '../redis-client.js';

/** Name of the queue entries that carry one chunk of a Batch. */
const CHUNK_ENTRY_NAME = 'batch-chunk.answer';

/** What a queue entry carries: the chunk's hash has the rest. */
export interface ChunkEntryData {
  batchId: string;
  index: number;
}

/** Queue of a model's chunks. */
export function chunkQueueNameOf(model: string): string {
  return `${CHUNK_ENTRY_NAME}.${encodeURIComponent(model)}`;
}

/** Adds queue entries for chunks; one BullMQ queue per model. */
export class ChunkQueues {
  private readonly queues: EntryQueues<ChunkEntryData>;

  constructor(redis: Redis, root: string, logger: Logger) {
    this.queues = new EntryQueues(redis, root, logger);
  }

  /** Adds the chunk's entry, with `isFirst` before all that wait. Does nothing where there is one already. */
  async add(
    { batchId, index, model }: ChunkEntryData & { model: string },
    { isFirst = false }: { isFirst?: boolean } = {},
  ): Promise<void> {
    const jobId = `${batchId}_${index}`;
    const options = { ...ENTRY_OPTIONS, jobId, removeOnComplete: true, lifo: isFirst };
    const queue = this.queues.named(chunkQueueNameOf(model));
    await callRedis('add the chunk', () => queue.add(CHUNK_ENTRY_NAME, { batchId, index }, options));
  }

  close(): Promise<void> {
    return this.queues.close();
  }
}
