import { type BatchRecord, type EarlyEnd } from '@tessera/contracts';
import { type FileStore } from '@tessera/files';
import { type BatchLedger } from '@tessera/queue';
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
  const bytes = await countBytes(batch.id, parts);
  const hasOutput = bytes.output > 0;
  const hasErrors = bytes.errors > 0 || (batch.earlyEnd !== undefined && batch.nextRow < batch.total);
  if (hasOutput) await makeFile(batch, { id: planned.outputFileId, name: 'output' }, parts);
  if (hasErrors) await makeFile(batch, { id: planned.errorFileId, name: 'error' }, parts);
  return {
    ...(hasOutput ? { outputFileId: planned.outputFileId } : {}),
    ...(hasErrors ? { errorFileId: planned.errorFileId } : {}),
  };
}

/** Made again under its id it replaces itself. */
async function makeFile(
  batch: BatchRecord,
  { id, name }: { id: string; name: 'output' | 'error' },
  parts: OutputParts,
): Promise<void> {
  const { outputExpiresAfterSeconds } = batch;
  await parts.files.createFromStream({
    id,
    ownerId: batch.ownerId,
    purpose: 'batch_output',
    filename: `${batch.id}_${name}.jsonl`,
    source: name === 'output' ? partsOf(batch.id, 'output', parts) : errorLines(batch, parts),
    signal: parts.signal,
    ...(outputExpiresAfterSeconds === undefined
      ? {}
      : { expiresAtSeconds: Math.floor(Date.now() / 1000) + outputExpiresAfterSeconds }),
  });
}

async function countBytes(
  batchId: string,
  { ledger }: OutputParts,
): Promise<{ output: number; errors: number }> {
  const bytes = { output: 0, errors: 0 };
  for await (const chunk of ledger.committedChunks(batchId)) {
    bytes.output += chunk.outputBytes;
    bytes.errors += chunk.errorBytes;
  }
  return bytes;
}

async function* errorLines(batch: BatchRecord, parts: OutputParts): AsyncGenerator<Uint8Array> {
  yield* partsOf(batch.id, 'errors', parts);
  if (batch.earlyEnd !== undefined) yield* unrunLines(batch, batch.earlyEnd, parts);
}

function partsOf(
  batchId: string,
  name: PartName,
  { ledger, objectStore }: OutputParts,
): AsyncGenerator<Uint8Array> {
  return readParts(batchId, name, { chunks: ledger, objectStore });
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
