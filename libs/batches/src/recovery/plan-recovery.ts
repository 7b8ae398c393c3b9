import { type BatchRecord, type BatchRequest, type ChunkRange, type EarlyEnd } from '@tessera/contracts';
import { type CommittedChunk, type RestoredBatch, type ValidatedInput } from '@tessera/queue';

/** A part file of a chunk that was written whole. */
export interface StoredPart {
  readonly index: number;
  readonly chunk: CommittedChunk;
}

/** What the store has of a batch that had not ended, beside how it was asked for. */
export interface UnendedBatch {
  /** Absent: its input had not been validated. */
  readonly input: ValidatedInput | undefined;
  readonly parts: readonly StoredPart[];
  /** Absent: its rows are to run. */
  readonly ending: { readonly earlyEnd: EarlyEnd; readonly atMs: number } | undefined;
}

/**
 * What Redis has to know of a batch again, from what the store has: parts are kept as they are; rows between two of them
 * become chunks anew, under an index that keeps them in the order of the input; rows after the last one are cut as ever.
 * Of several parts of the same rows that in which most ran will do best.
 */
export function planRecovery(
  request: BatchRequest,
  { input, parts: stored, ending }: UnendedBatch,
): RestoredBatch {
  const record = { ...newRecord(request), ...endingFields(ending) };
  if (input === undefined) return { record, parts: [], openChunks: [], nextChunk: 0 };
  const parts: StoredPart[] = [];
  const openChunks: (ChunkRange & { index: number })[] = [];
  let end = { row: 0, byte: 0, index: -1 };
  for (const part of [...stored].sort(byRowsThenRan)) {
    const { fromRow, fromByte, toRow, toByte } = part.chunk;
    if (fromRow < end.row || part.index <= end.index) continue;
    if (ending === undefined && !isWhole(part)) continue;
    if (fromRow > end.row) {
      // The chunk that was lost here had the next index, or this part would have it.
      openChunks.push({
        ...{ index: end.index + 1, fromRow: end.row, fromByte: end.byte },
        ...{ toRow: fromRow, toByte: fromByte },
      });
    }
    parts.push(part);
    end = { row: toRow, byte: toByte, index: part.index };
  }
  const sum = (count: (chunk: CommittedChunk) => number): number =>
    parts.reduce((total, { chunk }) => total + count(chunk), 0);
  return {
    record: {
      ...record,
      ...input,
      ...(ending === undefined ? { status: 'in_progress' } : {}),
      inProgressAtMs: request.createdAtMs,
      completed: sum(({ completed }) => completed),
      failed: sum(({ failed }) => failed),
      tokens: {
        input: sum(({ tokens }) => tokens.input),
        cached: sum(({ tokens }) => tokens.cached),
        output: sum(({ tokens }) => tokens.output),
      },
      nextRow: end.row,
      nextByte: end.byte,
      openChunks: openChunks.length,
    },
    parts,
    openChunks,
    nextChunk: end.index + 1,
  };
}

function endingFields(ending: UnendedBatch['ending']): Partial<BatchRecord> {
  if (ending === undefined) return {};
  const { earlyEnd, atMs } = ending;
  return earlyEnd === 'cancelled'
    ? { earlyEnd, status: 'cancelling', cancellingAtMs: atMs }
    : { earlyEnd, status: 'finalizing', finalizingAtMs: atMs };
}

function byRowsThenRan({ chunk: one }: StoredPart, { chunk: other }: StoredPart): number {
  return one.fromRow - other.fromRow || ranIn(other) - ranIn(one);
}

/** Whether every row ran: those of a cancel that was never acknowledged run now. */
function isWhole({ chunk }: StoredPart): boolean {
  return ranIn(chunk) === chunk.toRow - chunk.fromRow;
}

function ranIn({ completed, failed }: CommittedChunk): number {
  return completed + failed;
}

function newRecord(request: BatchRequest): BatchRecord {
  return {
    ...request,
    ...{ status: 'validating', total: 0, inputBytes: 0, completed: 0, failed: 0 },
    ...{ tokens: { input: 0, cached: 0, output: 0 }, nextRow: 0, nextByte: 0, openChunks: 0, workMs: 0 },
  };
}
