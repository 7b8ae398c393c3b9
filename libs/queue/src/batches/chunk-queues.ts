import { type Logger } from '@tessera/observability';
import { Queue } from 'bullmq';
import { type Redis } from 'ioredis';
import { logQueueErrors } from '../log-queue-errors.js';
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

/** Adds queue entries for chunks; one BullMQ queue per model, all over one client. */
export class ChunkQueues {
  private readonly queues = new Map<string, Queue<ChunkEntryData>>();

  constructor(
    private readonly redis: Redis,
    private readonly root: string,
    private readonly logger: Logger,
  ) {}

  /** Adds the chunk's entry. Does nothing where there is one already. */
  async add({ batchId, index, model }: ChunkEntryData & { model: string }): Promise<void> {
    await callRedis('add the chunk', () =>
      this.queueOf(model).add(
        CHUNK_ENTRY_NAME,
        { batchId, index },
        { ...ENTRY_OPTIONS, jobId: `${batchId}_${index}`, removeOnComplete: true },
      ),
    );
  }

  async close(): Promise<void> {
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
  }

  private queueOf(model: string): Queue<ChunkEntryData> {
    const name = chunkQueueNameOf(model);
    let queue = this.queues.get(name);
    if (queue === undefined) {
      // The version check would leave the queue broken for good if Redis went away during it.
      queue = new Queue<ChunkEntryData>(name, {
        connection: this.redis,
        prefix: this.root,
        skipVersionCheck: true,
      });
      logQueueErrors(queue, this.redis, this.logger);
      this.queues.set(name, queue);
    }
    return queue;
  }
}
