import type { JobRecord, WebhookEventType } from '@tessera/contracts';
import type { Logger } from '@tessera/observability';
import type { QueueConnection } from './connection.js';

/** One attempt to deliver an event. */
export interface WebhookDelivery {
  /** The same on every attempt: the `webhook-id` header. */
  readonly eventId: string;
  readonly eventType: WebhookEventType;
  /** The job in its final state; `webhook.url` says where to. */
  readonly record: JobRecord;
  /** From 1. */
  readonly attempt: number;
  readonly signal: AbortSignal;
}

export type DeliveryOutcome =
  | { kind: 'delivered' }
  /** Tried again after the schedule's next delay, or `retryAfterMs` where that is longer. */
  | { kind: 'retry'; reason: string; retryAfterMs?: number }
  /** Never tried again. */
  | { kind: 'abandon'; reason: string };

export interface WebhookConsumerOptions {
  readonly connection: QueueConnection;
  readonly logger: Logger;
  /** Deliveries at a time. */
  readonly concurrency: number;
  /** Delay before each attempt after the first; when they are used up the event is given up. */
  readonly retryDelaysMs: readonly number[];
  readonly deliver: (delivery: WebhookDelivery) => Promise<DeliveryOutcome>;
  readonly timings?: Partial<WebhookTimings>;
}

/** Milliseconds after which what a dead dispatcher had in hand goes to another one. */
export interface WebhookTimings {
  /** Time that its lock on a delivery lasts unless renewed. */
  readonly lockDurationMs: number;
  /** Time that an event it has read from the outbox stays its own. */
  readonly claimAfterMs: number;
}

/** Takes events from the outbox into a queue of their own and delivers them at least once. */
export interface WebhookConsumer {
  ping(): Promise<void>;
  /** Takes no more; deliveries still under way after `timeoutMs` are aborted and handed back. */
  drain(timeoutMs: number): Promise<void>;
}
