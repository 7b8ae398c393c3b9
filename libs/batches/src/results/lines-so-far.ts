import { type BatchRecord, isFinalBatchStatus } from '@tessera/contracts';
import { contentKey } from '@tessera/files';
import { type BatchStore } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { type PartName } from '../chunk/part-files.js';
import { BatchObjectInvalidError } from '../errors.js';
import { readLines } from '../input/read-lines.js';
import { readParts } from './read-parts.js';

export interface ResultSources {
  readonly batches: Pick<BatchStore, 'getBatch' | 'committedChunks'>;
  readonly objectStore: Pick<ObjectStore, 'get' | 'open'>;
}

/**
 * The lines of a batch's output or error file that there are so far, in the order of the input; whole lines, one chunk's
 * at a time. Where the batch ends while they are read and its part files go, its finished file takes over: that has the
 * same lines in the same order, and the rest of them.
 */
export async function* linesSoFar(
  batchId: string,
  name: PartName,
  { batches, objectStore }: ResultSources,
): AsyncGenerator<Uint8Array> {
  let lastPart: Uint8Array | undefined;
  let failure: { error: unknown } | undefined;
  try {
    for await (const part of readParts(batchId, name, { chunks: batches, objectStore })) {
      yield part;
      lastPart = part;
    }
  } catch (error) {
    failure = { error };
  }
  const batch = await batches.getBatch(batchId);
  if (batch !== undefined && isFinalBatchStatus(batch.status)) {
    yield* restOfFile(batch, name, { lastPart, objectStore });
  } else if (failure !== undefined) {
    throw failure.error;
  }
}

/** The file of an ended batch that holds these lines; undefined where it has none. */
export function finishedFileOf(batch: BatchRecord, name: PartName): string | undefined {
  return name === 'output' ? batch.outputFileId : batch.errorFileId;
}

async function* restOfFile(
  batch: BatchRecord,
  name: PartName,
  { lastPart, objectStore }: { lastPart: Uint8Array | undefined } & Pick<ResultSources, 'objectStore'>,
): AsyncGenerator<Uint8Array> {
  const fileId = finishedFileOf(batch, name);
  if (fileId === undefined) return;
  const key = contentKey(fileId);
  const start = lastPart === undefined ? 0 : await endOf(lastLineOf(lastPart), key, objectStore);
  const { body } = await objectStore.open(key, { range: { start } });
  for await (const bytes of body) yield bytes as Uint8Array;
}

/** Where the line after this one begins. */
async function endOf(line: Buffer, key: string, objectStore: Pick<ObjectStore, 'open'>): Promise<number> {
  const { body } = await objectStore.open(key);
  for await (const { bytes, endByte } of readLines(body, { maxLineBytes: Infinity })) {
    if (bytes.equals(line)) return endByte;
  }
  throw new BatchObjectInvalidError(key, new Error('a line of a committed chunk is not in it'));
}

function lastLineOf(part: Uint8Array): Buffer {
  const lines = Buffer.from(part.buffer, part.byteOffset, part.byteLength - 1);
  return lines.subarray(lines.lastIndexOf('\n') + 1);
}
