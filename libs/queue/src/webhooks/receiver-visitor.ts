import { isJobEventType, type WebhookDeliveryRecord, type WebhookEndpointRecord } from '@tessera/contracts';
import { type LogContext, type Logger, withLogContext } from '@tessera/observability';
import { ActiveSet } from '../active-set.js';
import { type JobReader } from '../job-store/job-reader.js';
import {
  type DeliveryOutcome,
  type WebhookConsumerOptions,
  type WebhookDelivery,
  type WebhookTimings,
} from '../webhook-consumer.js';
import { toAttempt, toAttemptReport } from './attempt-report.js';
import { type DispatchScripts, type VisitResult } from './dispatch-scripts.js';
import { type HoldKeeper, type KeptHold } from './hold-keeper.js';

/** Deliveries that a receiver gets at the same time. */
const DELIVERIES_AT_ONCE = 8;

type Options = Pick<WebhookConsumerOptions, 'deliver' | 'scheduleMs' | 'endpoints' | 'giveUp'>;

/** What a receiver is told now, and to whom it belongs. */
interface Errand {
  readonly hold: KeptHold;
  readonly endpoint: WebhookEndpointRecord | undefined;
  readonly delivery: WebhookDeliveryRecord;
  readonly isTroubled: boolean;
}

export interface ReceiverVisitorTools {
  readonly scripts: Pick<DispatchScripts, 'due' | 'record'>;
  readonly keeper: Pick<HoldKeeper, 'renewed'>;
  readonly reader: JobReader;
  readonly timings: Pick<WebhookTimings, 'holdMs' | 'slowMs'>;
  readonly logger: Logger;
}

/** Tells a held receiver what it is due, a few deliveries at a time. */
export class ReceiverVisitor {
  /** Attempts under way. */
  readonly active = new ActiveSet<WebhookDeliveryRecord>();
  private isDraining = false;

  constructor(
    private readonly options: Options,
    private readonly tools: ReceiverVisitorTools,
  ) {}

  /** From now on no attempt is begun. */
  stopTaking(): void {
    this.isDraining = true;
  }

  /** Resolves when what was due at its beginning has been tried and recorded, or left to others. */
  async visit(hold: KeptHold, isTroubled: boolean): Promise<VisitResult> {
    const { scripts, keeper, timings } = this.tools;
    const askedAtMs = performance.now();
    const due = await scripts.due(hold, { most: DELIVERIES_AT_ONCE, holdMs: timings.holdMs });
    if (due === undefined) return { kind: 'nothing', isSlow: false };
    keeper.renewed(hold, askedAtMs);
    const { endpoint, deliveries } = due;
    const runs = deliveries.map((delivery) =>
      withLogContext(contextOf(delivery), () => this.run({ hold, endpoint, delivery, isTroubled })),
    );
    return toVisitResult(await Promise.all(runs), timings.slowMs);
  }

  /** @returns undefined where nothing was tried that counts */
  private async run(errand: Errand): Promise<DeliveryOutcome | undefined> {
    const { hold, delivery, endpoint } = errand;
    const { signal } = hold.controller;
    if (signal.aborted || this.isDraining) return undefined;
    this.active.add(delivery);
    let outcome: DeliveryOutcome | undefined;
    try {
      outcome = await this.attempt(errand);
    } finally {
      this.active.remove(delivery);
    }
    if (outcome === undefined) {
      await this.dropUntold(errand);
      return undefined;
    }
    // Cut off by us: it is tried again as if it had not been.
    if (signal.aborted && outcome.kind === 'retry') return undefined;
    const settled = await this.disableWhereGone(outcome, endpoint);
    await this.settle(errand, settled);
    return settled;
  }

  /** Undefined: there is nothing left to tell of. */
  private async attempt({
    hold,
    endpoint,
    delivery,
    isTroubled,
  }: Errand): Promise<DeliveryOutcome | undefined> {
    const { eventId, eventType, occurredAtMs, subjectId, round } = delivery;
    const { signal } = hold.controller;
    try {
      const job = isJobEventType(eventType) ? await this.tools.reader.record(subjectId) : undefined;
      if (job === undefined && isJobEventType(eventType)) return undefined;
      const facts = { eventId, eventType, occurredAtMs, subjectId, attempt: round + 1, isTroubled, signal };
      const target = { ...(job && { job }), ...(endpoint && { endpoint }) };
      return await this.options.deliver({ ...facts, ...target } satisfies WebhookDelivery);
    } catch (err) {
      if (!signal.aborted) this.tools.logger.error({ err, eventId }, 'a delivery failed unexpectedly');
      return { kind: 'retry', reason: err instanceof Error ? err.message : String(err) };
    }
  }

  private async dropUntold({ hold, delivery }: Errand): Promise<void> {
    const { eventId, id: deliveryId, series } = delivery;
    this.tools.logger.warn({ eventId }, 'dropped a webhook event, its job has been deleted');
    const attempt = toAttempt({ kind: 'abandon', reason: 'the job has been deleted' });
    await this.tools.scripts.record(hold, { deliveryId, series, outcome: 'dropped', attempt, counts: false });
  }

  /** The endpoint says that it wants nothing any more. Where that cannot be noted now, it may say so again. */
  private async disableWhereGone(
    outcome: DeliveryOutcome,
    endpoint: WebhookEndpointRecord | undefined,
  ): Promise<DeliveryOutcome> {
    if (outcome.kind !== 'abandon' || outcome.isGone !== true || endpoint === undefined) return outcome;
    try {
      await this.options.endpoints.disable(endpoint.id, 'gone');
      return outcome;
    } catch (err) {
      this.tools.logger.error(
        { err, endpointId: endpoint.id },
        'could not disable a webhook endpoint that is gone',
      );
      return { ...outcome, kind: 'retry' };
    }
  }

  private async settle(errand: Errand, outcome: DeliveryOutcome): Promise<void> {
    const { hold, endpoint } = errand;
    const { scheduleMs } = this.options;
    const report = toAttemptReport(errand, outcome, { scheduleMs, logger: this.tools.logger });
    const streak = await this.tools.scripts.record(hold, report);
    if (streak === undefined || endpoint === undefined || outcome.kind === 'delivered') return;
    const { failedEvents, failingForMs } = this.options.giveUp;
    if (streak.events < failedEvents || streak.forMs < failingForMs) return;
    try {
      await this.options.endpoints.disable(endpoint.id, 'failing');
    } catch (err) {
      this.tools.logger.error(
        { err, endpointId: endpoint.id },
        'could not disable a webhook endpoint that fails',
      );
    }
  }
}

function toVisitResult(outcomes: readonly (DeliveryOutcome | undefined)[], slowMs: number): VisitResult {
  const kinds = outcomes.map((outcome) => outcome?.kind);
  const isSlow = outcomes.some((outcome) => (outcome?.attempt?.latencyMs ?? 0) > slowMs);
  if (kinds.includes('delivered')) return { kind: 'took', isSlow };
  return { kind: kinds.includes('retry') ? 'failed' : 'nothing', isSlow };
}

function contextOf({ eventType, subjectId, requestId }: WebhookDeliveryRecord): LogContext {
  const subject = isJobEventType(eventType) ? { jobId: subjectId } : { batchId: subjectId };
  return requestId === undefined ? subject : { ...subject, requestId };
}
