import { appendFile, mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hash } from 'node:crypto';
import { ResultCache } from './result-cache.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-cache-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const fail = (error: unknown) => expect.fail(String(error));
const open = (maxBytes = 1e9, onFailure: (error: unknown) => void = fail) =>
  new ResultCache({ folder, maxBytes, onFailure });
const question = (number: number) => hash('sha256', String(number), 'hex');
const captionOf = (number: number) =>
  ({
    caption: `a picture of ${number}\n"é🙂"`.repeat(10),
    finishReason: 'stop',
    width: 1,
    height: 1,
    tiles: null,
    promptTokens: 1,
    completionTokens: 1,
    model: { id: 'm', revision: 'r' },
  }) as const;

async function fill(cache: ResultCache, numbers: Iterable<number>): Promise<void> {
  for (const number of numbers) await cache.put(question(number), captionOf(number));
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);

async function bytesIn(): Promise<number> {
  const sizes = await Promise.all((await readdir(folder)).map((name) => stat(join(folder, name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

describe('the result cache', () => {
  it('has what was put, at once and in later processes, and nothing else', async () => {
    const first = open();
    await fill(first, range(0, 5000));
    for (const number of [0, 17, 4999]) expect(await first.get(question(number))).toEqual(captionOf(number));
    await first.close();
    const second = open();
    for (const number of range(0, 5000))
      expect(await second.get(question(number))).toEqual(captionOf(number));
    expect(await second.get(question(5000))).toBeUndefined();
    await second.close();
  });

  it('is shared by processes that have it open at the same time', async () => {
    const [left, right] = [open(), open()];
    await Promise.all([fill(left, range(0, 100)), fill(right, range(50, 150))]);
    await left.close();
    await right.close();
    const later = open();
    for (const number of range(0, 150)) expect(await later.get(question(number))).toEqual(captionOf(number));
    await later.close();
  });

  it('keeps within its bounds by forgetting what is oldest', async () => {
    const maxBytes = 1e6;
    for (const part of [0, 1, 2, 3]) {
      const cache = open(maxBytes);
      await fill(cache, range(part * 1000, (part + 1) * 1000));
      await cache.close();
      expect(await bytesIn()).toBeLessThan(maxBytes * 1.1);
    }
    const cache = open(maxBytes);
    expect(await cache.get(question(3999))).toEqual(captionOf(3999));
    expect(await cache.get(question(0))).toBeUndefined();
    await cache.close();
  });

  it('leaves out what a killed process has not written to its end', async () => {
    const first = open();
    await fill(first, range(0, 3));
    await first.close();
    const [name = ''] = await readdir(folder);
    await truncate(join(folder, name), (await stat(join(folder, name))).size - 20);
    const cache = open();
    expect(await cache.get(question(1))).toEqual(captionOf(1));
    expect(await cache.get(question(2))).toBeUndefined();
    await cache.close();
  });

  it.each([
    ['holds something else', async () => appendFile(join(folder, 'x.captions'), `${question(1)} {"a":1}\n`)],
    ['is a file', async () => rm(folder, { recursive: true }).then(() => writeFile(folder, ''))],
  ])('says once that it is of no use when its folder %s, and forgets', async (_, spoil) => {
    await spoil();
    const failures: unknown[] = [];
    const cache = open(1e9, (error) => failures.push(error));
    expect(await cache.get(question(1))).toBeUndefined();
    await fill(cache, [1, 2]);
    expect(await cache.get(question(1))).toBeUndefined();
    await cache.close();
    expect(failures).toHaveLength(1);
  });
});
