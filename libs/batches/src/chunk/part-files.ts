import { type ChunkOutcome, type ChunkRange } from '@tessera/contracts';
import { type ObjectStore } from '@tessera/storage';
import { type RowResult } from './row-result.js';

/** Where the objects of a batch are: its manifest, and its part files while it runs. */
export function batchPrefix(batchId: string): string {
  return `batches/${batchId}/`;
}

export function partsPrefix(batchId: string): string {
  return `${batchPrefix(batchId)}parts/`;
}

/** Part file of one attempt at a chunk; only that of the attempt which committed the chunk counts. */
export function partKey(
  { batchId, index, token }: { batchId: string; index: number; token: string },
  file: 'output' | 'errors',
): string {
  return `${partsPrefix(batchId)}${String(index).padStart(8, '0')}-${token}.${file}.jsonl`;
}

/** Writes the lines of a chunk, in the order of its rows, and adds up what they came to. */
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
  return {
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
}

function toBytes(results: readonly RowResult[]): Buffer {
  return Buffer.from(results.map(({ line }) => `${line}\n`).join(''));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
