import { setTimeout as delay } from 'node:timers/promises';
import { type BatchRecord } from '@tessera/contracts';
import { withLogContext } from '@tessera/observability';
import { BatchFeeder, type RunningBatch } from './batch-feeder.js';
import { BatchLease, type LeaseTimings } from './batch-lease.js';
import { type NeededStep, needOf } from './batch-need.js';
import { type BatchStepOptions, BatchSteps } from './batch-steps.js';
import { startRemoval } from './start-removal.js';
import { type BatchStep, StepPlaces } from './step-places.js';
import { TokenPauses } from './token-pauses.js';

/** Looks again after this time even where nothing was heard. */
const LOOK_AGAIN_MS = 1_000;
const PAUSE_AFTER_FAILURE_MS = 1_000;
const REQUEUE_EVERY_MS = 5_000;
const UNQUEUED_FOR_MS = 5_000;

export interface BatchRunnerOptions extends BatchStepOptions {
  readonly lease?: LeaseTimings;
}

/**
 * Moves batches on: validates, feeds the workers, expires, puts files together. Any number of dispatchers may run it: one
 * at a time acts, and another takes over when its lease ends. Everything it does may be done again. What ended batches
 * leave behind is removed beside that, by whoever comes to it.
 */
export class BatchRunner {
  private readonly stopping = new AbortController();
  private readonly steps: BatchSteps;
  private readonly feeder: BatchFeeder;
  private readonly pauses: TokenPauses;
  private readonly places: StepPlaces;
  private readonly lease: BatchLease;
  private readonly loop: Promise<void>;
  private readonly removal: { stop(): Promise<void> };
  private requeuedAtMs = 0;

  constructor(private readonly options: BatchRunnerOptions) {
    this.steps = new BatchSteps(options);
    // Another step may wait for the place of one that ends.
    this.places = new StepPlaces(() => options.ledger.wake());
    const { ledger, objectStore, maxLineBytes, logger, lease: timings } = options;
    this.feeder = new BatchFeeder(ledger, objectStore, maxLineBytes, logger);
    this.pauses = new TokenPauses(ledger, logger);
    this.removal = startRemoval(options);
    this.lease = new BatchLease({ ledger, logger, ...(timings === undefined ? {} : { timings }) });
    this.loop = this.run();
  }

  /** Resolves when nothing is under way and another dispatcher may take over. The ledger is the caller's to close, afterwards. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop;
    await this.places.settled();
    await this.lease.stop();
    await this.removal.stop();
    this.feeder.close();
  }

  private async run(): Promise<void> {
    const stopping = this.stopping.signal;
    while (!stopping.aborted) {
      const tenure = await this.lease.taken(stopping);
      await this.act(AbortSignal.any([stopping, tenure]));
    }
  }

  /** Until another dispatcher has the lease, or may have. */
  private async act(signal: AbortSignal): Promise<void> {
    while (this.lease.isHeld && !signal.aborted) {
      try {
        await this.pass(signal);
        await this.options.ledger.waitForNews(LOOK_AGAIN_MS, signal);
      } catch (err) {
        if (signal.aborted) return;
        this.options.logger.error({ err }, 'batches could not be moved on; trying again');
        await delay(PAUSE_AFTER_FAILURE_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async pass(signal: AbortSignal): Promise<void> {
    const { ledger } = this.options;
    // What is read of a batch while a step of it is under way may be what was before.
    const { busyIds } = this.places;
    const batches = await ledger.openBatches();
    const needs = batches.flatMap((batch) => {
      const need = needOf(batch, Date.now());
      return need === undefined ? [] : [{ batch, need }];
    });
    const steps = needs.flatMap(({ batch, need }) =>
      need === 'expire' || busyIds.has(batch.id) ? [] : [this.toStep(batch, need, signal)],
    );
    this.places.offer(steps, batches);
    for (const { batch, need } of needs) if (need === 'expire') await ledger.expire(batch.id);
    const running = batches.filter(isRunning);
    await this.feeder.feed(running, await this.pauses.outOfTokens(running), signal);
    await this.requeue(batches);
  }

  private toStep(batch: BatchRecord, { lane, take }: NeededStep, signal: AbortSignal): BatchStep {
    const context = { requestId: batch.requestId, batchId: batch.id };
    return { batch, lane, run: () => withLogContext(context, () => this.try(take, signal)) };
  }

  private async try(take: NeededStep['take'], signal: AbortSignal): Promise<void> {
    try {
      await take(this.steps, signal);
    } catch (err) {
      if (signal.aborted) return;
      this.options.logger.error({ err }, 'a step of the batch failed, and will be tried again');
      await delay(PAUSE_AFTER_FAILURE_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async requeue(batches: readonly BatchRecord[]): Promise<void> {
    const { ledger } = this.options;
    const now = performance.now();
    if (now - this.requeuedAtMs <= REQUEUE_EVERY_MS) return;
    for (const batch of batches) if (batch.openChunks > 0) await ledger.markLostChunks(batch);
    await ledger.requeueChunks(UNQUEUED_FOR_MS);
    this.requeuedAtMs = now;
  }
}

function isRunning(batch: BatchRecord): batch is RunningBatch {
  return batch.status === 'in_progress' && batch.model !== undefined && batch.inputKey !== undefined;
}
