import { setTimeout as delay } from 'node:timers/promises';
import { type BatchRecord } from '@tessera/contracts';
import { BatchFeeder, type RunningBatch } from './batch-feeder.js';
import { type BatchStepOptions, BatchSteps } from './batch-steps.js';
import { startRemoval } from './start-removal.js';

/** How long the right to move batches on lasts without being renewed. */
const LEASE_MS = 15_000;
const RENEW_MS = 5_000;
/** Looks again after this time even where nothing was heard. */
const LOOK_AGAIN_MS = 1_000;
const PAUSE_AFTER_FAILURE_MS = 1_000;
const REQUEUE_EVERY_MS = 5_000;
const UNQUEUED_FOR_MS = 5_000;

/**
 * Moves batches on: validates, feeds the workers, expires, puts files together. Any number of dispatchers may run it: one
 * at a time acts, and another takes over when its lease ends. Everything it does may be done again. What ended batches
 * leave behind is removed beside that, by whoever comes to it.
 */
export class BatchRunner {
  private readonly stopping = new AbortController();
  private readonly steps: BatchSteps;
  private readonly feeder: BatchFeeder;
  /** What is under way for a batch; one thing at a time. */
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly loop: Promise<void>;
  private readonly removal: { stop(): Promise<void> };
  private requeuedAtMs = 0;

  constructor(private readonly options: BatchStepOptions) {
    this.steps = new BatchSteps(options);
    const { ledger, objectStore, maxLineBytes, logger } = options;
    this.feeder = new BatchFeeder(ledger, objectStore, maxLineBytes, logger);
    this.removal = startRemoval(options);
    this.loop = this.run();
  }

  /** Resolves when nothing is under way. The ledger is the caller's to close, afterwards. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop;
    await Promise.allSettled(this.underWay.values());
    await this.removal.stop();
    this.feeder.close();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let heldUntilMs = 0;
    while (!signal.aborted) {
      try {
        if (performance.now() > heldUntilMs - LEASE_MS + RENEW_MS) {
          const askedAtMs = performance.now();
          const isOurs = await this.options.ledger.holdLease(LEASE_MS);
          heldUntilMs = isOurs ? askedAtMs + LEASE_MS : 0;
        }
        if (performance.now() < heldUntilMs) await this.pass();
        await this.options.ledger.waitForNews(LOOK_AGAIN_MS, signal);
      } catch (err) {
        if (signal.aborted) return;
        this.options.logger.error({ err }, 'batches could not be moved on; trying again');
        await delay(PAUSE_AFTER_FAILURE_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async pass(): Promise<void> {
    const { ledger } = this.options;
    const batches = await ledger.openBatches();
    for (const batch of batches) await this.look(batch);
    await this.feeder.feed(batches.filter(isRunning), this.stopping.signal);
    const now = performance.now();
    if (now - this.requeuedAtMs > REQUEUE_EVERY_MS) {
      for (const batch of batches) await ledger.markLostChunks(batch);
      await ledger.requeueChunks(UNQUEUED_FOR_MS);
      this.requeuedAtMs = now;
    }
  }

  /** Begins what the batch needs next, where nothing is under way for it. */
  private async look(batch: BatchRecord): Promise<void> {
    const { earlyEnd } = batch;
    const { signal } = this.stopping;
    if (earlyEnd !== undefined) {
      this.begin(batch.id, () => this.steps.endEarly({ ...batch, earlyEnd }, signal));
    } else if (batch.deadlineAtMs <= Date.now() && batch.status !== 'finalizing') {
      await this.options.ledger.expire(batch.id);
    } else if (batch.status === 'validating') {
      this.begin(batch.id, () => this.steps.validate(batch, signal));
    } else if (batch.nextRow === batch.total && batch.openChunks === 0) {
      this.begin(batch.id, () => this.steps.complete(batch, signal));
    }
  }

  private begin(batchId: string, step: () => Promise<void>): void {
    if (this.underWay.has(batchId)) return;
    const ending = step()
      .catch(async (err: unknown) => {
        if (this.stopping.signal.aborted) return;
        this.options.logger.error({ err, batchId }, 'a step of the batch failed, and will be tried again');
        await delay(PAUSE_AFTER_FAILURE_MS, undefined, { signal: this.stopping.signal }).catch(
          () => undefined,
        );
      })
      .finally(() => this.underWay.delete(batchId));
    this.underWay.set(batchId, ending);
  }
}

function isRunning(batch: BatchRecord): batch is RunningBatch {
  return batch.status === 'in_progress' && batch.model !== undefined && batch.inputKey !== undefined;
}
