import { type Logger } from '@tessera/observability';
import { Queue } from 'bullmq';
import { type Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { logQueueErrors } from '../log-queue-errors.js';
import { ENTRY_OPTIONS } from '../queue-entry.js';
import { callRedis } from '../redis-client.js';
import { WEBHOOK_QUEUE, type WebhookEntryData, webhookEntryData } from './webhook-entry.js';

const GROUP = 'dispatchers';
const BATCH_SIZE = 100;
/** How long one read waits for news. */
const BLOCK_MS = 2_000;
const PAUSE_AFTER_FAILURE_MS = 1_000;
/** A delivered event is remembered for a while, since the outbox may bring it again after a crash. */
const KEEP_DELIVERED = { age: 3_600, count: 10_000 };

const outboxEvent = webhookEntryData.extend({ eventId: z.string() });

type StreamEntry = [id: string, fields: string[]];

export interface OutboxRelayOptions {
  /** For everything but the waiting read. */
  readonly redis: Redis;
  /** A client of its own for the waiting read; closed when the relay stops. */
  readonly blockingRedis: Redis;
  readonly root: string;
  readonly consumerId: string;
  readonly logger: Logger;
  /** Events that a dispatcher has read and not moved on for this long are another one's to take. */
  readonly claimAfterMs: number;
}

/**
 * Moves events from the outbox into the queue of deliveries. An event leaves the outbox once its queue entry exists, and
 * has its event id as id there, so that one that is moved twice is still one.
 */
export class OutboxRelay {
  private readonly stopping = new AbortController();
  private readonly outbox: string;
  private readonly queue: Queue<WebhookEntryData>;
  private readonly loop: Promise<void>;

  constructor(private readonly options: OutboxRelayOptions) {
    const { redis, root, logger } = options;
    this.outbox = `${root}:webhook-outbox`;
    this.queue = new Queue(WEBHOOK_QUEUE, { connection: redis, prefix: root, skipVersionCheck: true });
    logQueueErrors(this.queue, redis, logger);
    this.loop = this.run();
  }

  /** Resolves when nothing more is moved. */
  async stop(): Promise<void> {
    const { redis, blockingRedis } = this.options;
    const isConnected = redis.status === 'ready' && blockingRedis.status === 'ready';
    this.stopping.abort();
    blockingRedis.disconnect();
    // A command that waits for Redis to come back would never end.
    if (isConnected) await this.loop;
    await this.queue.close();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.ensureGroup();
        while (!signal.aborted) await this.relayBatch();
      } catch (err) {
        if (signal.aborted) return;
        this.options.logger.error({ err }, 'could not relay webhook events');
        await delay(PAUSE_AFTER_FAILURE_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async ensureGroup(): Promise<void> {
    try {
      await this.options.redis.xgroup('CREATE', this.outbox, GROUP, '0', 'MKSTREAM');
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('BUSYGROUP'))) throw error;
    }
  }

  /** What others left behind, then what is new. */
  private async relayBatch(): Promise<void> {
    const { redis, blockingRedis, consumerId, claimAfterMs } = this.options;
    const claimed = await redis.xautoclaim(
      this.outbox,
      GROUP,
      consumerId,
      claimAfterMs,
      '0',
      'COUNT',
      BATCH_SIZE,
    );
    await this.relay(claimReply.parse(claimed)[1]);
    const read = await blockingRedis.xreadgroup(
      'GROUP',
      GROUP,
      consumerId,
      'COUNT',
      BATCH_SIZE,
      'BLOCK',
      BLOCK_MS,
      'STREAMS',
      this.outbox,
      '>',
    );
    await this.relay(readReply.parse(read)?.[0]?.[1] ?? []);
  }

  private async relay(entries: StreamEntry[]): Promise<void> {
    for (const [streamId, fields] of entries) {
      await this.enqueue(fields);
      const { redis } = this.options;
      await callRedis('remove a relayed event', () =>
        redis.multi().xack(this.outbox, GROUP, streamId).xdel(this.outbox, streamId).exec(),
      );
    }
  }

  private async enqueue(fields: string[]): Promise<void> {
    const event = outboxEvent.safeParse(Object.fromEntries(pairs(fields)));
    if (!event.success) {
      this.options.logger.error({ err: event.error, fields }, 'dropped a webhook event that cannot be read');
      return;
    }
    const { eventId, jobId, eventType } = event.data;
    await callRedis('add the delivery', () =>
      this.queue.add(
        WEBHOOK_QUEUE,
        { jobId, eventType },
        { ...ENTRY_OPTIONS, jobId: eventId, removeOnComplete: KEEP_DELIVERED },
      ),
    );
  }
}

const streamEntry = z.tuple([z.string(), z.array(z.string())]);
const claimReply = z.tuple([z.string(), z.array(streamEntry)]).rest(z.unknown());
const readReply = z.array(z.tuple([z.string(), z.array(streamEntry)])).nullable();

function* pairs(flat: readonly string[]): Generator<[string, string]> {
  for (let index = 0; index + 1 < flat.length; index += 2) yield [flat[index] ?? '', flat[index + 1] ?? ''];
}
