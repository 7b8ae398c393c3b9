import type {
  BatchRecord,
  BatchRequest,
  BatchStatus,
  ChunkOutcome,
  ChunkRange,
  KeyLimits,
} from '@tessera/contracts';

export interface BatchQuery {
  ownerId: string;
  limit: number;
  /** Id of the last record already seen. */
  after?: string;
}

export interface BatchPage {
  records: BatchRecord[];
  hasMore: boolean;
}

export type CreateBatchOutcome =
  /** Also where it was written earlier. */
  | { kind: 'kept'; record: BatchRecord }
  /** The owner has as many open ones as it may. */
  | { kind: 'too_many_open'; openBatches: number };

/** What an owner's batches come to. */
export interface BatchLoad {
  /** Those that have not ended. */
  readonly openBatches: number;
  /** Rows that are not done, of batches whose input has been read. */
  readonly queuedRows: number;
}

export type EndEarlyOutcome =
  /** Also where it was ending, or cancelled, already. */
  { kind: 'ending'; record: BatchRecord } | { kind: 'refused'; status: BatchStatus } | { kind: 'not_found' };

/** Batch records as the API sees them. */
export interface BatchStore {
  /**
   * Writes a new batch, which the dispatcher validates next, unless its owner has as many open ones as it may. Writing it
   * again changes nothing.
   */
  createBatch(request: BatchRequest, limits?: Pick<KeyLimits, 'openBatches'>): Promise<CreateBatchOutcome>;
  getBatch(id: string): Promise<BatchRecord | undefined>;
  /** Newest first. @throws {UnknownCursorError} */
  listBatches(query: BatchQuery): Promise<BatchPage>;
  /** Rows under way are finished, no others are begun. */
  cancelBatch(id: string): Promise<EndEarlyOutcome>;
  /**
   * Outcomes of the chunks committed so far by index, in order, some at a time.
   * @throws {CommittedChunksGoneError} where the batch ends meanwhile
   */
  committedChunks(batchId: string): AsyncIterable<CommittedChunk & { index: number }>;
  /** Writes a batch as the object store has it; one that is known stays as it is. @returns whether it was written */
  restoreBatch(batch: RestoredBatch): Promise<boolean>;
  loadOf(ownerId: string): Promise<BatchLoad>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** What a committed chunk came to, and the attempt whose part files count. */
export interface CommittedChunk extends ChunkOutcome {
  token: string;
}

/** A batch as it was found in the object store. */
export interface RestoredBatch {
  record: BatchRecord;
  parts: readonly { index: number; chunk: CommittedChunk }[];
  /** Rows between parts. */
  openChunks: readonly (ChunkRange & { index: number })[];
  /** Index of the chunk that is cut next. */
  nextChunk: number;
}
