import type { DisabledReason, EventType, JobRecord, WebhookEndpointRecord } from '@tessera/contracts';
import type { Logger } from '@tessera/observability';
import type { QueueConnection } from './connection.js';
import type { DeliveryLogBounds } from './webhooks/webhook-index.js';

/** One attempt to deliver an event. */
export interface WebhookDelivery {
  /** The same on every attempt: the `webhook-id` header. */
  readonly eventId: string;
  readonly eventType: EventType;
  readonly occurredAtMs: number;
  /** Id of the job or Batch that the event tells of. */
  readonly subjectId: string;
  /** The job in its final state, for events about jobs. */
  readonly job?: JobRecord;
  /** Where to; absent: to the job's own `webhook.url`. */
  readonly endpoint?: WebhookEndpointRecord;
  /** From 1. */
  readonly attempt: number;
  /** The receiver has failed or been slow of late. */
  readonly isTroubled: boolean;
  readonly signal: AbortSignal;
}

/** What the log shows of an attempt beside when it was. */
export interface AttemptFacts {
  /** Undefined without an answer. */
  readonly statusCode: number | undefined;
  readonly latencyMs: number;
  /** The first kilobyte of the answer's body. */
  readonly excerpt: string | undefined;
}

export type DeliveryOutcome = { readonly attempt?: AttemptFacts } & (
  | { kind: 'delivered' }
  /** Tried again by the schedule, or after `retryAfterMs` where that is longer. */
  | { kind: 'retry'; reason: string; retryAfterMs?: number; isAskedToWait?: boolean }
  /** Never tried again. `isGone`: the receiver wants nothing any more. */
  | { kind: 'abandon'; reason: string; isGone?: boolean }
);

/** When an endpoint is disabled. */
export interface GiveUpRule {
  /** So many events failed since it last took one, */
  readonly failedEvents: number;
  /** the first of them so long ago. */
  readonly failingForMs: number;
  /** Or so many deliveries wait for it. */
  readonly waiting: number;
}

export interface WebhookConsumerOptions {
  readonly connection: QueueConnection;
  readonly logger: Logger;
  /** Receivers that are told something at the same time; half of them at most may be such that fail or are slow. */
  readonly maxReceivers: number;
  /** Delay before each attempt; when they are used up the event is given up. */
  readonly scheduleMs: readonly number[];
  readonly giveUp: GiveUpRule;
  readonly log: DeliveryLogBounds;
  readonly deliver: (delivery: WebhookDelivery) => Promise<DeliveryOutcome>;
  readonly endpoints: {
    /** Puts the endpoints of the store into Redis, which has lost them. */
    restore(): Promise<void>;
    disable(endpointId: string, reason: DisabledReason): Promise<void>;
  };
  readonly timings?: Partial<WebhookTimings>;
  /** How far the clock is ahead of the one of Redis; for tests. */
  readonly aheadMs?: () => number;
}

export interface WebhookTimings {
  /** Time that a dispatcher's hold on a receiver lasts unless renewed. */
  readonly holdMs: number;
  /** Time that an event it has read from the outbox stays its own. */
  readonly claimAfterMs: number;
  /** A receiver that takes longer to answer is slow. */
  readonly slowMs: number;
  /** Longest time between two looks for receivers whose time has come. */
  readonly lookEveryMs: number;
}

/** Takes events from the outbox, makes deliveries of them, and delivers those at least once. */
export interface WebhookConsumer {
  ping(): Promise<void>;
  /** Takes no more; deliveries still under way after `timeoutMs` are aborted and left to others. */
  drain(timeoutMs: number): Promise<void>;
}
