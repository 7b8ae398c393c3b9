import type { BatchRecord, BatchRequest, BatchStatus, ChunkOutcome } from '@tessera/contracts';

export interface BatchPage {
  records: BatchRecord[];
  hasMore: boolean;
}

export type EndEarlyOutcome =
  /** Also where it was ending, or cancelled, already. */
  { kind: 'ending'; record: BatchRecord } | { kind: 'refused'; status: BatchStatus } | { kind: 'not_found' };

/** Batch records as the API sees them. */
export interface BatchStore {
  /** Writes a new batch, which the dispatcher validates next. Writing it again changes nothing. */
  createBatch(request: BatchRequest): Promise<BatchRecord>;
  getBatch(id: string): Promise<BatchRecord | undefined>;
  /** Newest first. `after` is the id of the last record already seen. @throws {UnknownCursorError} */
  listBatches(query: { limit: number; after?: string }): Promise<BatchPage>;
  /** Rows under way are finished, no others are begun. */
  cancelBatch(id: string): Promise<EndEarlyOutcome>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** What a committed chunk came to, and the attempt whose part files count. */
export interface CommittedChunk extends ChunkOutcome {
  token: string;
}
