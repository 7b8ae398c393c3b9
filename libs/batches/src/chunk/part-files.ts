import { type ChunkOutcome, chunkOutcomeSchema, type ChunkRange } from '@tessera/contracts';
import { type ObjectStore } from '@tessera/storage';
import { batchPrefix } from '../store/batch-objects.js';
import { type RowResult } from './row-result.js';

export function partsPrefix(batchId: string): string {
  return `${batchPrefix(batchId)}parts/`;
}

/** Which lines: those with an answer, or the others. */
export type PartName = 'output' | 'errors';

/** Part file of one attempt at a chunk; only that of the attempt which committed the chunk counts. */
export function partKey(
  { batchId, index, token }: { batchId: string; index: number; token: string },
  name: PartName,
): string {
  return `${attemptPrefix({ batchId, index, token })}.${name}.jsonl`;
}

function attemptPrefix({ batchId, index, token }: { batchId: string; index: number; token: string }): string {
  return `${partsPrefix(batchId)}${String(index).padStart(8, '0')}-${token}`;
}

/** Writes the lines of a chunk, in the order of its rows, and what they came to. */
export async function writeParts(
  store: ObjectStore,
  key: { batchId: string; index: number; token: string },
  { range, results }: { range: ChunkRange; results: readonly RowResult[] },
): Promise<ChunkOutcome> {
  const output = toBytes(results.filter(({ outcome }) => outcome === 'completed'));
  const errors = toBytes(results.filter(({ outcome }) => outcome !== 'completed'));
  if (output.length > 0) await store.put(partKey(key, 'output'), output);
  if (errors.length > 0) await store.put(partKey(key, 'errors'), errors);
  const { fromRow, toRow, fromByte, toByte } = range;
  const outcome: ChunkOutcome = {
    ...{ fromRow, toRow, fromByte, toByte },
    completed: results.filter(({ outcome }) => outcome === 'completed').length,
    failed: results.filter(({ outcome }) => outcome === 'failed').length,
    tokens: {
      input: sum(results.map(({ tokens }) => tokens.input)),
      cached: sum(results.map(({ tokens }) => tokens.cached)),
      output: sum(results.map(({ tokens }) => tokens.output)),
    },
    outputBytes: output.length,
    errorBytes: errors.length,
  };
  // Last: it shows that the others are there, should Redis be lost.
  await store.put(`${attemptPrefix(key)}.part.json`, Buffer.from(JSON.stringify(outcome)));
  return outcome;
}

/** What the parts of an attempt came to, from its `.part.json`. */
export async function readPart(store: ObjectStore, key: string): Promise<ChunkOutcome> {
  return chunkOutcomeSchema.parse(JSON.parse(Buffer.from(await store.get(key)).toString('utf8')));
}

function toBytes(results: readonly RowResult[]): Buffer {
  return Buffer.from(results.map(({ line }) => `${line}\n`).join(''));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
