import { type Logger } from '@tessera/observability';
import { type Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { callRedis } from '../redis-client.js';
import { type WebhookConsumerOptions } from '../webhook-consumer.js';
import { type DispatchScripts, type RelayedEvent } from './dispatch-scripts.js';
import { parseOutboxEvent } from './outbox-event.js';

/** The dispatchers, as readers of the outbox. */
export const OUTBOX_GROUP = 'dispatchers';
const BATCH_SIZE = 100;
/** How long one read waits for news. */
const BLOCK_MS = 2_000;
const PAUSE_AFTER_FAILURE_MS = 1_000;

type StreamEntry = [id: string, fields: string[]];

export interface OutboxRelayOptions {
  /** For everything but the waiting read. */
  readonly redis: Redis;
  /** A client of its own for the waiting read; closed when the relay stops. */
  readonly blockingRedis: Redis;
  readonly scripts: DispatchScripts;
  readonly root: string;
  readonly consumerId: string;
  readonly logger: Logger;
  /** Events that a dispatcher has read and not relayed for this long are another one's to take. */
  readonly claimAfterMs: number;
  /** Before the first attempt. */
  readonly firstDelayMs: number;
  readonly mostWaiting: number;
  readonly endpoints: WebhookConsumerOptions['endpoints'];
  /** There may be something to deliver. */
  readonly onRelayed: () => void;
}

/** Makes deliveries of the events in the outbox: an event leaves it in the same script that makes them. */
export class OutboxRelay {
  private readonly stopping = new AbortController();
  private readonly outbox: string;
  private readonly loop: Promise<void>;

  constructor(private readonly options: OutboxRelayOptions) {
    this.outbox = `${options.root}:webhook-outbox`;
    this.loop = this.run();
  }

  /** Resolves when nothing more is relayed. */
  async stop(): Promise<void> {
    const { redis, blockingRedis } = this.options;
    const isConnected = redis.status === 'ready' && blockingRedis.status === 'ready';
    this.stopping.abort();
    blockingRedis.disconnect();
    // A command that waits for Redis to come back would never end.
    if (isConnected) await this.loop;
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
      await this.options.redis.xgroup('CREATE', this.outbox, OUTBOX_GROUP, '0', 'MKSTREAM');
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('BUSYGROUP'))) throw error;
    }
  }

  /** What others left behind, then what is new. */
  private async relayBatch(): Promise<void> {
    const { redis, blockingRedis, consumerId, claimAfterMs } = this.options;
    const claimed = await redis.xautoclaim(
      this.outbox,
      OUTBOX_GROUP,
      consumerId,
      claimAfterMs,
      '0',
      'COUNT',
      BATCH_SIZE,
    );
    await this.relayAll(claimReply.parse(claimed)[1]);
    const read = await blockingRedis.xreadgroup(
      'GROUP',
      OUTBOX_GROUP,
      consumerId,
      'COUNT',
      BATCH_SIZE,
      'BLOCK',
      BLOCK_MS,
      'STREAMS',
      this.outbox,
      '>',
    );
    await this.relayAll(readReply.parse(read)?.[0]?.[1] ?? []);
  }

  private async relayAll(entries: StreamEntry[]): Promise<void> {
    for (const [streamId, fields] of entries) {
      const event = this.parse(streamId, fields);
      if (event === undefined) await this.drop(streamId);
      else await this.relay(event);
    }
    if (entries.length > 0) this.options.onRelayed();
  }

  private parse(streamId: string, fields: string[]): RelayedEvent | undefined {
    try {
      return parseOutboxEvent(streamId, fields);
    } catch (err) {
      this.options.logger.error({ err, fields }, 'dropped a webhook event that cannot be read');
      return undefined;
    }
  }

  private async drop(streamId: string): Promise<void> {
    const { redis } = this.options;
    await callRedis('drop an event', () =>
      redis.multi().xack(this.outbox, OUTBOX_GROUP, streamId).xdel(this.outbox, streamId).exec(),
    );
  }

  private async relay(event: RelayedEvent): Promise<void> {
    const { scripts, endpoints, firstDelayMs, mostWaiting } = this.options;
    const bounds = { mostWaiting, firstDelayMs };
    let outcome = await scripts.relay(event, bounds);
    while (outcome.kind === 'unknown_endpoints') {
      await endpoints.restore();
      outcome = await scripts.relay(event, bounds);
    }
    for (const endpointId of outcome.overflowing) await this.disable(endpointId);
  }

  /** Failing to is no reason to keep the event: the next one finds the endpoint as it is. */
  private async disable(endpointId: string): Promise<void> {
    try {
      await this.options.endpoints.disable(endpointId, 'backlog');
    } catch (err) {
      this.options.logger.error(
        { err, endpointId },
        'could not disable a webhook endpoint that is far behind',
      );
    }
  }
}

const streamEntry = z.tuple([z.string(), z.array(z.string())]);
const claimReply = z.tuple([z.string(), z.array(streamEntry)]).rest(z.unknown());
const readReply = z.array(z.tuple([z.string(), z.array(streamEntry)])).nullable();
