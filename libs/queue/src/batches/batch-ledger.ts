import type { BatchError, BatchRecord, BatchStatus, ChunkRange, EarlyEnd } from '@tessera/contracts';
import type { CommittedChunk } from './batch-store.js';
import type { BeginOutcome, FinalizeOutcome, ValidatedInput } from './batch-scripts.js';
import type { ChunkKey, ChunkRefusal, StartedChunk } from './chunk-scripts.js';

/** Batches as the dispatcher sees them: what is open, and the steps that move it on. Every step may be done again. */
export interface BatchLedger {
  /**
   * Those that are not final, oldest first; one call at a time. Reads those that something has happened to, and all of
   * them now and then: the others are the same objects as the last time.
   */
  openBatches(): Promise<BatchRecord[]>;
  getBatch(id: string): Promise<BatchRecord | undefined>;
  /** Live consumers of a model, and the sequences that the largest of them computes at the same time. */
  capacityOf(model: string): Promise<{ consumers: number; slots: number }>;
  begin(id: string, input: ValidatedInput): Promise<BeginOutcome>;
  /** Ids of those batches whose owners have used the day's tokens up. */
  outOfTokens(batches: readonly BatchRecord[]): Promise<ReadonlySet<string>>;
  /** Ends a batch whose input is not valid. */
  fail(id: string, errors: readonly BatchError[]): Promise<BatchStatus | 'gone'>;
  /** Begins to end a batch past its deadline. */
  expire(id: string): Promise<void>;
  /**
   * Hands the next rows to the workers, with `isFirst` before all that wait; false where the batch is elsewhere by now.
   */
  cut(
    batch: { id: string; model: string },
    range: ChunkRange,
    options?: { isFirst: boolean },
  ): Promise<boolean>;
  /** Indexes of the chunks that are cut and not committed. */
  openChunks(batchId: string): Promise<number[]>;
  /** Takes over a chunk of a batch that ends early: at once when nobody has begun it, else after `graceMs`. */
  seize(chunk: ChunkKey, graceMs: number): Promise<StartedChunk | 'gone' | 'busy'>;
  commit(chunk: ChunkKey, outcome: Omit<CommittedChunk, 'token'>): Promise<ChunkRefusal>;
  /** As for the API: see BatchStore. */
  committedChunks(batchId: string): AsyncIterable<CommittedChunk & { index: number }>;
  finalize(id: string, outputFileId: string, errorFileId: string): Promise<FinalizeOutcome>;
  finish(
    id: string,
    status: 'completed' | EarlyEnd,
    files: { outputFileId?: string; errorFileId?: string },
  ): Promise<BatchStatus | 'gone'>;
  /** Gives chunks marked for so long as lacking their queue entry a new one. */
  requeueChunks(unqueuedForMs: number): Promise<void>;
  /** Marks the chunks of a batch that BullMQ does not know. */
  markLostChunks(batch: BatchRecord): Promise<void>;
  /** Ids of final batches whose retention has passed. */
  dueBatches(limit: number): Promise<string[]>;
  /** Ids of batches that have been final for so long, and whose part files may still be there. */
  batchesWithParts(endedForMs: number, limit: number): Promise<string[]>;
  /** The part files of the batch are gone. */
  forgetParts(id: string): Promise<void>;
  /** Removes a final batch's record; false where it is not final. */
  removeBatch(id: string): Promise<boolean>;
  /** Resolves when something has happened to a batch since the last call, after `timeoutMs`, or when the signal aborts. */
  waitForNews(timeoutMs: number, signal: AbortSignal): Promise<void>;
  /** Ends a wait for news: the one under way, else the next. */
  wake(): void;
  /** Whether this process may act now: at most one at a time does, and another one once its lease has run out. */
  holdLease(durationMs: number): Promise<boolean>;
  /** Lets another process act at once. */
  releaseLease(): Promise<void>;
  ping(): Promise<void>;
  close(): Promise<void>;
}
