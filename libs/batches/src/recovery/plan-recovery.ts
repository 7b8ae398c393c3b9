import { type BatchRecord, type BatchRequest, type ChunkRange } from '@tessera/contracts';
import { type CommittedChunk, type RestoredBatch, type ValidatedInput } from '@tessera/queue';

/** A part file of a chunk that was written whole. */
export interface StoredPart {
  readonly index: number;
  readonly chunk: CommittedChunk;
}

/**
 * What Redis has to know of a batch again, from what the store has: parts are kept as they are; rows between two of them
 * become chunks anew, under an index that keeps them in the order of the input; rows after the last one are cut as ever.
 * Of two parts of the same rows either will do.
 */
export function planRecovery(
  request: BatchRequest,
  input: ValidatedInput | undefined,
  stored: readonly StoredPart[],
): RestoredBatch {
  if (input === undefined) return { record: newRecord(request), parts: [], openChunks: [], nextChunk: 0 };
  const parts: StoredPart[] = [];
  const openChunks: (ChunkRange & { index: number })[] = [];
  let end = { row: 0, byte: 0, index: -1 };
  for (const part of [...stored].sort((one, other) => one.chunk.fromRow - other.chunk.fromRow)) {
    const { fromRow, fromByte, toRow, toByte } = part.chunk;
    if (fromRow < end.row || part.index <= end.index || !isWhole(part)) continue;
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
      ...newRecord(request),
      ...input,
      status: 'in_progress',
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

/** Whether every row ran: those of a cancel that was lost with Redis run now. */
function isWhole({ chunk }: StoredPart): boolean {
  return chunk.completed + chunk.failed === chunk.toRow - chunk.fromRow;
}

function newRecord(request: BatchRequest): BatchRecord {
  return {
    ...request,
    ...{ status: 'validating', total: 0, inputBytes: 0, completed: 0, failed: 0 },
    ...{ tokens: { input: 0, cached: 0, output: 0 }, nextRow: 0, nextByte: 0, openChunks: 0 },
  };
}
