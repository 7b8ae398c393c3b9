import { describe, expect, it } from 'vitest';
import type { DatasetSource, SourceRecord } from '../source.js';
import { cutShards, type Cutting } from './cut-shards.js';
import { imageExtension } from './image-extension.js';
import { includesSelection, isInShare } from './select-records.js';

const record = (key: string): SourceRecord => ({
  key,
  path: key,
  image: { kind: 'file', path: key },
  columns: {},
});

function sourceOf(shards: Record<string, number>, hasShards: boolean): DatasetSource {
  const recordsOf = async function* (name: string, count: number) {
    for (let number = 0; number < count; number += 1) yield record(`${name}/${number}`);
  };
  return {
    uri: 'test',
    records: async function* () {
      for (const [name, count] of Object.entries(shards)) yield* recordsOf(name, count);
    },
    ...(hasShards
      ? {
          shards: async function* () {
            for (const [name, count] of Object.entries(shards)) {
              yield { name, records: recordsOf(name, count) };
            }
          },
        }
      : {}),
    knownCount: async () => undefined,
  };
}

async function cut(source: DatasetSource, more: Partial<Cutting> = {}): Promise<[string, number][]> {
  const cutting = { selection: {}, shardRecords: 3, keepNames: true, reading: {}, ...more };
  const shards: [string, number][] = [];
  for await (const { name, records } of cutShards(source, cutting)) {
    let count = 0;
    for await (const { key } of records) count += key === '' ? 0 : 1;
    shards.push([name, count]);
  }
  return shards;
}

describe('shards', () => {
  it('are cut by the positions of records', async () => {
    expect(await cut(sourceOf({ a: 7 }, false))).toEqual([
      ['00000', 3],
      ['00001', 3],
      ['00002', 1],
    ]);
    expect(await cut(sourceOf({ a: 6 }, false))).toHaveLength(2);
    expect(await cut(sourceOf({}, false))).toEqual([]);
    expect(await cut(sourceOf({ a: 7 }, false), { selection: { limit: 4 } })).toEqual([
      ['00000', 3],
      ['00001', 1],
    ]);
  });

  it('are those of the source, by names that files can have', async () => {
    const source = sourceOf({ 'x-00017': 5, 'x 1': 1, x_1: 1, '-é': 1, '': 1, a_stats: 1 }, true);
    expect(await cut(source)).toEqual([
      ['x-00017', 5],
      ['x_1', 1],
      ['x_1-2', 1],
      ['shard', 1],
      ['shard-2', 1],
      ['a', 1],
    ]);
    expect((await cut(source, { keepNames: false })).map(([name]) => name).slice(0, 2)).toEqual([
      '00000',
      '00001',
    ]);
    expect(await cut(source, { selection: { limit: 6 } })).toEqual([
      ['x-00017', 5],
      ['x_1', 1],
    ]);
  });
});

describe('a share of the records', () => {
  it('is about as large as asked for, and a larger one has all of it', () => {
    const keys = Array.from({ length: 10_000 }, (_, index) => `pictures/${index}.png`);
    const chosen = (share: number) => keys.filter((key) => isInShare(key, { share }));
    expect(chosen(0.1).length).toBeGreaterThan(900);
    expect(chosen(0.1).length).toBeLessThan(1100);
    const larger = new Set(chosen(0.3));
    expect(chosen(0.1).every((key) => larger.has(key))).toBe(true);
    expect(chosen(1)).toEqual(keys);
  });

  it.each([
    [{}, {}, true],
    [{}, { limit: 5, share: 0.1 }, true],
    [{ limit: 5 }, {}, false],
    [{ limit: 5 }, { limit: 4 }, true],
    [{ share: 0.5 }, { share: 0.1, limit: 3 }, true],
    [{ share: 0.1 }, { share: 0.5 }, false],
    [{ limit: 9 }, { limit: 3, share: 0.5 }, false],
  ])('%o has all of %o: %s', (selection, before, expected) => {
    expect(includesSelection(selection, before)).toBe(expected);
  });
});

it.each([
  ['a/b.JPG', '', '.jpg'],
  ['https://x.org/b.png?w=1', '', '.png'],
  ['https://x.org/image', '\xff\xd8\xff\xe0', '.jpg'],
  ['', '\x89PNG\r\n', '.png'],
  ['b.dat', 'RIFF\0\0\0\0WEBPVP8 ', '.webp'],
  ['', '\0\0\0\x1cftypavif', '.avif'],
  ['x', 'hello', '.bin'],
])('an image at %j that begins with %j gets %s', (path, beginning, expected) => {
  expect(imageExtension(path, Buffer.from(beginning, 'latin1'))).toBe(expected);
});
