import { type BatchRecord, type EarlyEnd } from '@tessera/contracts';
import { type FileStore } from '@tessera/files';
import { type BatchLedger, CommittedChunksGoneError } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { type PartName } from '../chunk/part-files.js';
import { readRows } from '../chunk/read-chunk-rows.js';
import { unrunRowResult } from '../chunk/row-result.js';
import { readParts } from '../results/read-parts.js';

export interface OutputParts {
  readonly ledger: Pick<BatchLedger, 'committedChunks'>;
  readonly objectStore: ObjectStore;
  readonly files: Pick<FileStore, 'createFromStream'>;
  readonly signal: AbortSignal;
}

/**
 * Puts output and error file of a batch together from the part files of its committed chunks, and lines for the rows
 * that no chunk has come to. A file without lines is not made.
 * @returns the ids of those that were
 */
export async function makeOutputFiles(
  batch: BatchRecord,
  planned: { outputFileId: string; errorFileId: string },
  parts: OutputParts,
): Promise<{ outputFileId?: string; errorFileId?: string }> {
  const bytes = await countBytes(batch, parts);
  const hasOutput = bytes.output > 0;
  const hasErrors = bytes.errors > 0 || (batch.earlyEnd !== undefined && batch.nextRow < batch.total);
  const file = { batch, bytes };
  if (hasOutput) await makeFile(file, { id: planned.outputFileId, name: 'output' }, parts);
  if (hasErrors) await makeFile(file, { id: planned.errorFileId, name: 'errors' }, parts);
  return {
    ...(hasOutput ? { outputFileId: planned.outputFileId } : {}),
    ...(hasErrors ? { errorFileId: planned.errorFileId } : {}),
  };
}

/** Made again under its id it replaces itself. */
async function makeFile(
  { batch, bytes }: { batch: BatchRecord; bytes: PartBytes },
  { id, name }: { id: string; name: PartName },
  parts: OutputParts,
): Promise<void> {
  const { outputExpiresAfterSeconds } = batch;
  await parts.files.createFromStream({
    id,
    ownerId: batch.ownerId,
    purpose: 'batch_output',
    filename: `${batch.id}_${name === 'output' ? 'output' : 'error'}.jsonl`,
    source: linesOf(batch, { name, bytes: bytes[name] }, parts),
    signal: parts.signal,
    ...(outputExpiresAfterSeconds === undefined
      ? {}
      : { expiresAtSeconds: Math.floor(Date.now() / 1000) + outputExpiresAfterSeconds }),
  });
}

type PartBytes = Record<PartName, number>;

/** @throws {CommittedChunksGoneError} where another dispatcher was faster, and has ended the batch */
async function countBytes(batch: BatchRecord, { ledger }: OutputParts): Promise<PartBytes> {
  const bytes: PartBytes = { output: 0, errors: 0 };
  let ran = 0;
  for await (const chunk of ledger.committedChunks(batch.id)) {
    bytes.output += chunk.outputBytes;
    bytes.errors += chunk.errorBytes;
    ran += chunk.completed + chunk.failed;
  }
  if (ran !== batch.completed + batch.failed) throw new CommittedChunksGoneError(batch.id);
  return bytes;
}

/** @throws {CommittedChunksGoneError} as {@link countBytes} does: half of a file must not replace all of it */
async function* linesOf(
  batch: BatchRecord,
  { name, bytes }: { name: PartName; bytes: number },
  parts: OutputParts,
): AsyncGenerator<Uint8Array> {
  let left = bytes;
  const { ledger: chunks, objectStore } = parts;
  for await (const part of readParts(batch.id, name, { chunks, objectStore })) {
    left -= part.length;
    yield part;
  }
  if (left !== 0) throw new CommittedChunksGoneError(batch.id);
  if (name === 'errors' && batch.earlyEnd !== undefined) yield* unrunLines(batch, batch.earlyEnd, parts);
}

/** Lines of the rows after the last chunk; none where the input is gone, as nobody knows their names. */
async function* unrunLines(
  { id, inputKey, nextRow, nextByte, total }: BatchRecord,
  earlyEnd: EarlyEnd,
  { objectStore, signal }: OutputParts,
): AsyncGenerator<Uint8Array> {
  if (inputKey === undefined || nextRow >= total) return;
  const rest = { fromRow: nextRow, fromByte: nextByte };
  if ((await objectStore.stat(inputKey)) === undefined) return;
  for await (const { row, customId } of readRows(objectStore, inputKey, rest, signal)) {
    yield Buffer.from(`${unrunRowResult({ batchId: id, row, customId }, earlyEnd).line}\n`);
  }
}
