import { setTimeout as delay } from 'node:timers/promises';
import { type BatchRecord } from '@tessera/contracts';
import { withLogContext } from '@tessera/observability';
import { BatchFeeder, type RunningBatch } from './batch-feeder.js';
import { BatchLease, type LeaseTimings } from './batch-lease.js';
import { type BatchStepOptions, BatchSteps } from './batch-steps.js';
import { startRemoval } from './start-removal.js';
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
  /** What is under way for a batch; one thing at a time. */
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly lease: BatchLease;
  private readonly loop: Promise<void>;
  private readonly removal: { stop(): Promise<void> };
  private requeuedAtMs = 0;

  constructor(private readonly options: BatchRunnerOptions) {
    this.steps = new BatchSteps(options);
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
    await Promise.allSettled(this.underWay.values());
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
    const batches = await ledger.openBatches();
    for (const batch of batches) await this.look(batch, signal);
    await this.feeder.feed(await this.pauses.withTokensLeft(batches.filter(isRunning)), signal);
    const now = performance.now();
    if (now - this.requeuedAtMs > REQUEUE_EVERY_MS) {
      for (const batch of batches) await ledger.markLostChunks(batch);
      await ledger.requeueChunks(UNQUEUED_FOR_MS);
      this.requeuedAtMs = now;
    }
  }

  /** Begins what the batch needs next, where nothing is under way for it. */
  private async look(batch: BatchRecord, signal: AbortSignal): Promise<void> {
    const { earlyEnd } = batch;
    const begin = (step: () => Promise<void>): void =>
      withLogContext({ requestId: batch.requestId, batchId: batch.id }, () =>
        this.begin(batch.id, step, signal),
      );
    if (earlyEnd !== undefined) {
      begin(() => this.steps.endEarly({ ...batch, earlyEnd }, signal));
    } else if (batch.deadlineAtMs <= Date.now() && batch.status !== 'finalizing') {
      await this.options.ledger.expire(batch.id);
    } else if (batch.status === 'validating') {
      begin(() => this.steps.validate(batch, signal));
    } else if (batch.nextRow === batch.total && batch.openChunks === 0) {
      begin(() => this.steps.complete(batch, signal));
    }
  }

  private begin(batchId: string, step: () => Promise<void>, signal: AbortSignal): void {
    if (this.underWay.has(batchId)) return;
    const ending = step()
      .catch(async (err: unknown) => {
        if (signal.aborted) return;
        this.options.logger.error({ err }, 'a step of the batch failed, and will be tried again');
        await delay(PAUSE_AFTER_FAILURE_MS, undefined, { signal }).catch(() => undefined);
      })
      .finally(() => this.underWay.delete(batchId));
    this.underWay.set(batchId, ending);
  }
}

function isRunning(batch: BatchRecord): batch is RunningBatch {
  return batch.status === 'in_progress' && batch.model !== undefined && batch.inputKey !== undefined;
}
