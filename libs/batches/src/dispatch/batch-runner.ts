import { setTimeout as delay } from 'node:timers/promises';
import { type BatchRecord } from '@tessera/contracts';
import { batchPrefix } from '../store/batch-objects.js';
import { BatchFeeder, type RunningBatch } from './batch-feeder.js';
import { type BatchStepOptions, BatchSteps } from './batch-steps.js';
import { sweepParts } from './sweep-parts.js';

/** How long the right to move batches on lasts without being renewed. */
const LEASE_MS = 15_000;
const RENEW_MS = 5_000;
/** Looks again after this time even where nothing was heard. */
const LOOK_AGAIN_MS = 1_000;
const PAUSE_AFTER_FAILURE_MS = 1_000;
const REQUEUE_EVERY_MS = 5_000;
const REMOVE_EVERY_MS = 30_000;
const REMOVED_AT_A_TIME = 100;
const UNQUEUED_FOR_MS = 5_000;
/** A worker that has lost its chunk has written its last part file by then. */
const PARTS_SWEPT_AFTER_MS = 120_000;

/**
 * Moves batches on: validates, feeds the workers, expires, puts files together, and removes what is past its retention. Any number of dispatchers may run it:
 * one at a time acts, and another takes over when its lease ends. Everything it does may be done again.
 */
export class BatchRunner {
  private readonly stopping = new AbortController();
  private readonly steps: BatchSteps;
  private readonly feeder: BatchFeeder;
  /** What is under way for a batch; one thing at a time. */
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly loop: Promise<void>;
  private requeuedAtMs = 0;
  private removedAtMs = 0;

  constructor(private readonly options: BatchStepOptions) {
    this.steps = new BatchSteps(options);
    this.feeder = new BatchFeeder(options.ledger, options.objectStore, options.maxLineBytes);
    this.loop = this.run();
  }

  /** Resolves when nothing is under way. The ledger is the caller's to close, afterwards. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop;
    await Promise.allSettled(this.underWay.values());
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
    if (now - this.removedAtMs > REMOVE_EVERY_MS) {
      await this.removeExpired();
      await sweepParts(PARTS_SWEPT_AFTER_MS, this.options);
      this.removedAtMs = now;
    }
  }

  /** Removes final batches whose retention has passed, objects first. Their files have expiries of their own. */
  private async removeExpired(): Promise<void> {
    const { ledger, objectStore, logger } = this.options;
    for (const id of await ledger.dueBatches(REMOVED_AT_A_TIME)) {
      await objectStore.deletePrefix(batchPrefix(id));
      await ledger.removeBatch(id);
      logger.info({ batchId: id }, 'removed the batch, its retention has passed');
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
