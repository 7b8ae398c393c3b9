import { type JobRecord } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { type Job as QueueEntry, UnrecoverableError, WaitingError } from 'bullmq';
import { ActiveSet } from '../active-set.js';
import { type JobReader } from '../job-store/job-reader.js';
import { RetryLaterError, withJitter } from '../retry.js';
import { type DeliveryOutcome, type WebhookConsumerOptions } from '../webhook-consumer.js';
import { type WebhookEntryData } from './webhook-entry.js';

/** Share of a retry's delay that is left to chance. */
const JITTER = 0.1;

type DeliveryEntry = QueueEntry<WebhookEntryData>;

/** The processor of the deliveries' queue: one attempt to deliver one event. */
export class DeliveryRunner {
  private readonly active = new ActiveSet<{ eventId: string; controller: AbortController }>();
  private isDraining = false;

  constructor(
    private readonly options: Pick<WebhookConsumerOptions, 'deliver' | 'retryDelaysMs'>,
    private readonly reader: JobReader,
    private readonly logger: Logger,
  ) {}

  /** From now on, entries that BullMQ still brings are handed back untouched. */
  stopTaking(): void {
    this.isDraining = true;
  }

  /** Deliveries that are aborted are handed back. */
  abortAll(): void {
    for (const { controller } of this.active) controller.abort();
  }

  /** Resolves when no delivery is under way. */
  whenIdle(): Promise<void> {
    return this.active.whenIdle();
  }

  /** The lock of this delivery is gone, so another dispatcher delivers it too. */
  abort(eventId: string): void {
    for (const delivery of this.active) if (delivery.eventId === eventId) delivery.controller.abort();
  }

  /** Resolves when the event is delivered or has nothing left to tell. Rejects as BullMQ wants it otherwise. */
  async run(entry: DeliveryEntry, lockToken: string | undefined): Promise<void> {
    if (this.isDraining) return handBack(entry, lockToken);
    const eventId = entry.id ?? '';
    const record = await this.reader.record(entry.data.jobId);
    if (record === undefined) {
      this.logger.warn(
        { eventId, jobId: entry.data.jobId },
        'dropped a webhook event, its job has been deleted',
      );
      return;
    }
    const delivery = { eventId, controller: new AbortController() };
    const { signal } = delivery.controller;
    this.active.add(delivery);
    try {
      const outcome = await this.deliver(entry, record, signal);
      if (signal.aborted && outcome.kind === 'retry') return await handBack(entry, lockToken);
      this.finish(entry, outcome);
    } finally {
      this.active.remove(delivery);
    }
  }

  private async deliver(
    entry: DeliveryEntry,
    record: JobRecord,
    signal: AbortSignal,
  ): Promise<DeliveryOutcome> {
    const { id: eventId = '', attemptsMade, data } = entry;
    try {
      const attempt = attemptsMade + 1;
      return await this.options.deliver({ eventId, eventType: data.eventType, record, attempt, signal });
    } catch (err) {
      if (!signal.aborted) this.logger.error({ err, eventId }, 'a delivery failed unexpectedly');
      return { kind: 'retry', reason: err instanceof Error ? err.message : String(err) };
    }
  }

  private finish(entry: DeliveryEntry, outcome: DeliveryOutcome): void {
    const { id: eventId, data, attemptsMade } = entry;
    const facts = { eventId, jobId: data.jobId, attempt: attemptsMade + 1 };
    if (outcome.kind === 'delivered') return;
    const { reason } = outcome;
    if (outcome.kind === 'abandon') {
      this.logger.error({ ...facts, reason }, 'the webhook refused the event for good');
      throw new UnrecoverableError(reason);
    }
    const scheduledMs = this.options.retryDelaysMs[attemptsMade];
    if (scheduledMs === undefined) {
      this.logger.error({ ...facts, reason }, 'gave up delivering the event, its attempts are used up');
      throw new UnrecoverableError(`attempts are used up: ${reason}`);
    }
    const delayMs = Math.max(withJitter(scheduledMs, JITTER), outcome.retryAfterMs ?? 0);
    this.logger.warn({ ...facts, reason, delayMs }, 'the event could not be delivered yet');
    throw new RetryLaterError(delayMs, reason);
  }
}

/** Puts the entry back to the front of its queue, which uses up neither an attempt nor a stall. */
async function handBack(entry: DeliveryEntry, lockToken: string | undefined): Promise<never> {
  await entry.moveToWait(lockToken);
  throw new WaitingError();
}
