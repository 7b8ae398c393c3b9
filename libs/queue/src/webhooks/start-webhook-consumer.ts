import { type Redis } from 'ioredis';
import { v7 as uuidv7 } from 'uuid';
import { drainWithin } from '../drain-within.js';
import { JobReader } from '../job-store/job-reader.js';
import { connectRedis, keyRootOf, pingRedis } from '../redis-client.js';
import {
  type WebhookConsumer,
  type WebhookConsumerOptions,
  type WebhookTimings,
} from '../webhook-consumer.js';
import { defineDispatchScripts, type DispatchScripts } from './dispatch-scripts.js';
import { HoldKeeper } from './hold-keeper.js';
import { OUTBOX_GROUP, OutboxRelay } from './outbox-relay.js';
import { ReceiverLoop } from './receiver-loop.js';
import { ReceiverVisitor } from './receiver-visitor.js';

const TIMINGS: WebhookTimings = { holdMs: 30_000, claimAfterMs: 30_000, slowMs: 3_000, lookEveryMs: 500 };

/**
 * Starts relaying the outbox and delivering events. Any number of dispatchers may do so at the same time.
 * @throws {RedisUnavailableError} when Redis cannot be reached now; later outages are waited out
 */
export async function startWebhookConsumer(options: WebhookConsumerOptions): Promise<WebhookConsumer> {
  const { connection } = options;
  const consumerId = uuidv7();
  const logger = options.logger.child({ consumerId });
  const redis = await connectRedis(connection, 'patient', logger);
  try {
    const blockingRedis = await connectRedis(connection, 'patient', logger);
    return new RunningWebhookConsumer({ ...options, logger }, { redis, blockingRedis, consumerId });
  } catch (error) {
    redis.disconnect();
    throw error;
  }
}

interface Clients {
  readonly redis: Redis;
  readonly blockingRedis: Redis;
  readonly consumerId: string;
}

class RunningWebhookConsumer implements WebhookConsumer {
  private readonly visitor: ReceiverVisitor;
  private readonly keeper: HoldKeeper;
  private readonly loop: ReceiverLoop;
  private readonly relay: OutboxRelay;
  private drained: Promise<void> | undefined;

  constructor(
    private readonly options: WebhookConsumerOptions,
    private readonly clients: Clients,
  ) {
    const { logger, connection, maxReceivers } = options;
    const timings = { ...TIMINGS, ...options.timings };
    const { holdMs, lookEveryMs } = timings;
    const root = keyRootOf(connection);
    const { redis } = clients;
    const { log, aheadMs = () => 0 } = options;
    const scripts = defineDispatchScripts(redis, root, { group: OUTBOX_GROUP, log, aheadMs });
    const keeper = new HoldKeeper(scripts, holdMs, logger);
    const reader = new JobReader(redis, root);
    const visitor = new ReceiverVisitor(options, { scripts, keeper, reader, timings, logger });
    this.keeper = keeper;
    this.visitor = visitor;
    this.loop = new ReceiverLoop({ scripts, visitor, keeper, logger, maxReceivers, holdMs, lookEveryMs });
    this.relay = this.startRelay(scripts, root, timings);
  }

  ping(): Promise<void> {
    return pingRedis(this.clients.redis);
  }

  drain(timeoutMs: number): Promise<void> {
    this.drained ??= this.drainOnce(timeoutMs);
    return this.drained;
  }

  private startRelay(scripts: DispatchScripts, root: string, { claimAfterMs }: WebhookTimings): OutboxRelay {
    const { logger, endpoints, scheduleMs, giveUp } = this.options;
    return new OutboxRelay({
      ...this.clients,
      ...{ scripts, root, logger, endpoints, claimAfterMs },
      firstDelayMs: scheduleMs[0] ?? 0,
      mostWaiting: giveUp.waiting,
      onRelayed: () => this.loop.wake(),
    });
  }

  private async drainOnce(timeoutMs: number): Promise<void> {
    const { options, clients, visitor, keeper, loop, relay } = this;
    visitor.stopTaking();
    const closed = Promise.allSettled([relay.stop(), loop.stop()]);
    const idle = visitor.active.whenIdle();
    const isClosed = await drainWithin(timeoutMs, { closed, idle, abort: () => keeper.abortAll() });
    if (!isClosed) {
      options.logger.error('gave up draining; active deliveries return when their holds end');
    }
    keeper.stop();
    clients.redis.disconnect();
  }
}
