import { type Logger } from '@tessera/observability';
import { Queue } from 'bullmq';
import { type Redis } from 'ioredis';
import { logQueueErrors } from './log-queue-errors.js';

/** BullMQ queues whose entries carry `Data`, opened when they are first asked for, all over one client. */
export class EntryQueues<Data> {
  private readonly queues = new Map<string, Queue<Data>>();

  constructor(
    private readonly redis: Redis,
    private readonly root: string,
    private readonly logger: Logger,
  ) {}

  named(name: string): Queue<Data> {
    let queue = this.queues.get(name);
    if (queue === undefined) {
      // The version check would leave the queue broken for good if Redis went away during it.
      queue = new Queue<Data>(name, { connection: this.redis, prefix: this.root, skipVersionCheck: true });
      logQueueErrors(queue, this.redis, this.logger);
      this.queues.set(name, queue);
    }
    return queue;
  }

  async close(): Promise<void> {
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
  }
}
