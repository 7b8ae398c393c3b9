import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createGzip } from 'node:zlib';
import { openSource } from '@tessera/datasets';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NO_BUCKETS } from './read-source.js';

const ROWS = 100_000;
const WARM_ROWS = 10_000;
/** All rows at once would take many times as much. */
const MOST_GROWTH_BYTES = 6_000_000;

let directory: TemporaryDirectory;
beforeAll(async () => {
  directory = await temporaryDirectory('tessera-memory');
});
afterAll(() => directory.remove());

/** What is still in use, once what is not has been collected. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function* lines(row: (number: number) => string): Generator<string> {
  for (let first = 0; first < ROWS; first += 1000) {
    yield Array.from({ length: 1000 }, (_, index) => `${row(first + index)}\n`).join('');
  }
}

const csvRow = (number: number) =>
  number === 0 ? 'id,path,text' : `id-${number},pictures/${number}.jpg,"a ""caption"" of ${number}"`;
const jsonRow = (number: number) =>
  JSON.stringify({ id: `id-${number}`, path: `pictures/${number}.jpg`, text: 'a caption of some length' });

it.each([
  ['list.csv', csvRow, ROWS - 1],
  ['list.jsonl.gz', jsonRow, ROWS],
] as const)('%s is read in memory that does not grow with its rows', async (name, row, expected) => {
  const path = join(directory.path, name);
  const packing = name.endsWith('.gz') ? [createGzip({ level: 1 })] : [];
  await pipeline([Readable.from(lines(row)), ...packing, createWriteStream(path)]);
  const source = await openSource(path, { buckets: NO_BUCKETS, keyColumn: 'id' });
  let count = 0;
  let warmBytes = 0;
  let mostGrowth = 0;
  for await (const record of source.records()) {
    if (record.image.kind !== 'file') expect.fail(record.image.kind);
    count += 1;
    if (count === WARM_ROWS) warmBytes = usedBytes();
    if (count % (ROWS / 4) === 0) mostGrowth = Math.max(mostGrowth, usedBytes() - warmBytes);
  }
  expect(count).toBe(expected);
  expect(warmBytes).toBeGreaterThan(0);
  expect(mostGrowth).toBeLessThan(MOST_GROWTH_BYTES);
});
