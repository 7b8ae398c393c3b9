import { z } from 'zod';
import type { BatchError, BatchStatus } from './batch.js';

/** Why a Batch ends although rows of it are left. */
export type EarlyEnd = 'cancelled' | 'expired';

const count = z.int().min(0);

/** Tokens that a row, or all rows of a Batch, have used; `cached`: those of the input taken over from an earlier prompt. */
export const tokenCountsSchema = z.object({ input: count, cached: count, output: count });
export type TokenCounts = z.infer<typeof tokenCountsSchema>;

/** A Batch as it is asked for, before anything has happened to it. */
export interface BatchRequest {
  id: string;
  /** Whose it is: id of an API key, or `ADMIN_OWNER_ID`. */
  ownerId: string;
  /** Share of the workers that its owner gets, in proportion to other owners'. */
  weight: number;
  /** Rows that all batches of its owner may have to do together, as of its making; absent: without limit. */
  maxQueuedRows?: number;
  /** Tokens that its owner may use in a UTC day, as of its making: no row begins on a day that has used them up. */
  maxTokensPerDay?: number;
  inputFileId: string;
  endpoint: string;
  completionWindow: string;
  metadata: Record<string, string> | null;
  priority: 'normal' | 'low';
  /** Seconds that output and error file are kept; absent: as every file. */
  outputExpiresAfterSeconds?: number;
  /** The Batch whose failed rows this one repeats. */
  retryOf?: string;
  createdAtMs: number;
  /** When it expires, as Unix milliseconds. */
  deadlineAtMs: number;
  /** x-request-id of the HTTP request that made it. */
  requestId: string;
}

/** A Batch as Redis keeps it. Times are Unix milliseconds. */
export interface BatchRecord extends BatchRequest {
  status: BatchStatus;
  /** Known, as everything below, once its input has been validated. */
  model?: string;
  /** Object of the input lines, and how many rows and bytes it has. */
  inputKey?: string;
  total: number;
  inputBytes: number;
  completed: number;
  failed: number;
  tokens: TokenCounts;
  errors?: BatchError[];
  outputFileId?: string;
  errorFileId?: string;
  inProgressAtMs?: number;
  finalizingAtMs?: number;
  cancellingAtMs?: number;
  /** When it reached its final status. */
  finishedAtMs?: number;
  earlyEnd?: EarlyEnd;
  /** Where the next chunk begins. */
  nextRow: number;
  nextByte: number;
  /** Chunks cut and not committed. */
  openChunks: number;
  /** Running mean of the time a row took of its chunk's. */
  rowMs?: number;
  /** Time that rows of committed chunks held places in workers, all together. */
  workMs: number;
}

/** A run of consecutive rows of a Batch, worked on by one worker: `[fromRow, toRow)`, `[fromByte, toByte)` of the input. */
const chunkRangeSchema = z.object({ fromRow: count, toRow: count, fromByte: count, toByte: count });
export type ChunkRange = z.infer<typeof chunkRangeSchema>;

/** What a committed chunk has come to. Counts leave out rows that never ran. */
export const chunkOutcomeSchema = z.object({
  ...chunkRangeSchema.shape,
  completed: count,
  failed: count,
  tokens: tokenCountsSchema,
  /** Of the chunk's lines in the output and the error file; 0: there is no such object. */
  outputBytes: count,
  errorBytes: count,
});
export type ChunkOutcome = z.infer<typeof chunkOutcomeSchema>;
