import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ObjectNotFoundError, ObjectRangeInvalidError, type ObjectStore } from '@tessera/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OpenedStore } from './describe-object-store.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const MEBIBYTE = 1024 ** 2;
/** More than one part of an upload in parts. */
const LARGE_CHUNK_COUNT = 12;
/** Far more than a store may hold of one stream, far less than the object has. */
const MEMORY_BOUND = 90 * MEBIBYTE;
const HUGE_CHUNK_COUNT = 128;

/** What every {@link ObjectStore} does with streams, ranges included. */
export function describeObjectStreams(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name} as a store of streams`, () => {
    let opened: OpenedStore;
    let store: ObjectStore;
    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });
    afterEach(() => opened.close());

    const keys = async () => {
      const found: string[] = [];
      for await (const key of store.list('')) found.push(key);
      return found.sort();
    };
    const read = async (key: string, range?: { start: number; end?: number }) => {
      const object = await store.open(key, range === undefined ? {} : { range });
      return { bytes: object.bytes, text: (await buffer(object.body)).toString() };
    };

    describe('putStream', () => {
      it.each([
        ['no chunk', []],
        ['empty chunks', ['', '']],
        ['one chunk', ['abc']],
        ['many chunks', Array.from({ length: 3000 }, (_, index) => `${index},`)],
      ])('stores %s', async (_, chunks) => {
        const whole = chunks.join('');
        expect(await store.putStream('a/b', texts(chunks))).toEqual({ bytes: whole.length });
        expect(Buffer.from(await store.get('a/b')).toString()).toBe(whole);
        expect(await opened.leftovers()).toEqual([]);
      });

      it('stores an object of many parts as it was', async () => {
        const chunks = numberedChunks(LARGE_CHUNK_COUNT);
        expect(await store.putStream('large', chunks)).toEqual({ bytes: LARGE_CHUNK_COUNT * MEBIBYTE });
        const bytes = Buffer.from(await store.get('large'));
        expect(bytes.length).toBe(LARGE_CHUNK_COUNT * MEBIBYTE);
        for (let index = 0; index < LARGE_CHUNK_COUNT; index += 1) {
          expect(bytes.subarray(index * MEBIBYTE, (index + 1) * MEBIBYTE).equals(numberedChunk(index))).toBe(
            true,
          );
        }
      });

      it('replaces an object, which stays readable until then', async () => {
        await store.put('a/b', Buffer.from('old'));
        const seen: string[] = [];
        await store.putStream(
          'a/b',
          lookingOn(numberedChunks(LARGE_CHUNK_COUNT), async () => {
            seen.push((await read('a/b')).text);
          }),
        );
        expect(new Set(seen)).toEqual(new Set(['old']));
        expect(await store.stat('a/b')).toMatchObject({ bytes: LARGE_CHUNK_COUNT * MEBIBYTE });
      });

      it('shows nothing of an object before it is whole', async () => {
        await store.putStream(
          'a/b',
          lookingOn(numberedChunks(LARGE_CHUNK_COUNT), async () => {
            expect(await store.stat('a/b')).toBeUndefined();
          }),
        );
        expect(await keys()).toEqual(['a/b']);
      });

      it.each([
        ['at once', 0],
        ['after one chunk', 1],
        ['after many parts', LARGE_CHUNK_COUNT],
      ])('leaves nothing, and gives its error, when the source throws %s', async (_, count) => {
        const failure = new Error('the client went away');
        await expect(store.putStream('a/b', throwing(numberedChunks(count), failure))).rejects.toBe(failure);
        expect(await keys()).toEqual([]);
        expect(await opened.leftovers()).toEqual([]);
      });

      it('keeps the object that a failed stream was to replace', async () => {
        await store.put('a/b', Buffer.from('old'));
        const failing = throwing(numberedChunks(LARGE_CHUNK_COUNT), new Error('cut'));
        await expect(store.putStream('a/b', failing)).rejects.toThrow('cut');
        expect((await read('a/b')).text).toBe('old');
      });

      it.each([0, 1, LARGE_CHUNK_COUNT])(
        'leaves nothing, and gives the reason, when aborted while its source is silent after %d chunks',
        async (count) => {
          const abort = new AbortController();
          const reason = new Error('cancelled');
          const silent = new SilentSource(numberedChunks(count));
          const putting = expect(store.putStream('a/b', silent, { signal: abort.signal })).rejects.toBe(
            reason,
          );
          await silent.fellSilent;
          abort.abort(reason);
          await putting;
          expect(await keys()).toEqual([]);
          expect(await opened.leftovers()).toEqual([]);
        },
      );

      it('stores nothing, and asks the source for nothing, when aborted before', async () => {
        let hasAsked = false;
        const source = lookingOn(numberedChunks(1), async () => {
          hasAsked = true;
        });
        const signal = AbortSignal.abort(new Error('cancelled'));
        await expect(store.putStream('a/b', source, { signal })).rejects.toThrow('cancelled');
        expect(hasAsked).toBe(false);
        expect(await keys()).toEqual([]);
      });

      it('holds a bounded part of a huge object in memory, writing and reading', async () => {
        const memory = new MemoryPeak();
        const source = lookingOn(numberedChunks(HUGE_CHUNK_COUNT), async (chunk) => memory.passed(chunk));
        await store.putStream('huge', source);
        const { body, bytes } = await store.open('huge');
        let seen = 0;
        for await (const chunk of body as AsyncIterable<Buffer>) {
          seen += chunk.length;
          memory.passed(chunk);
        }
        expect([bytes, seen]).toEqual([HUGE_CHUNK_COUNT * MEBIBYTE, HUGE_CHUNK_COUNT * MEBIBYTE]);
        expect(memory.growth).toBeLessThan(MEMORY_BOUND);
      });
    });

    describe('open', () => {
      it.each([
        ['from a byte on', { start: 2 }, 'cdefghij'],
        ['between two bytes', { start: 2, end: 5 }, 'cde'],
        ['of one byte', { start: 9, end: 10 }, 'j'],
        ['that ends beyond the object', { start: 8, end: 100 }, 'ij'],
        ['that begins at the end', { start: 10 }, ''],
        ['that begins beyond the end', { start: 11, end: 20 }, ''],
        ['of no bytes', { start: 3, end: 3 }, ''],
        ['of all bytes', { start: 0 }, 'abcdefghij'],
      ])('gives a range %s', async (_, range, expected) => {
        await store.put('letters', Buffer.from('abcdefghij'));
        expect(await read('letters', range)).toEqual({ bytes: 10, text: expected });
      });

      it.each([{ start: -1 }, { start: 0.5 }, { start: 2, end: 1 }, { start: 0, end: Number.NaN }])(
        'refuses %j as a range',
        async (range) => {
          await store.put('letters', Buffer.from('abcdefghij'));
          await expect(store.open('letters', { range })).rejects.toBeInstanceOf(ObjectRangeInvalidError);
        },
      );

      it('gives an empty object, and any range of it as empty', async () => {
        await store.put('empty', new Uint8Array());
        expect(await read('empty')).toEqual({ bytes: 0, text: '' });
        expect(await read('empty', { start: 0, end: 5 })).toEqual({ bytes: 0, text: '' });
      });

      it('rejects for a key that is not there, with and without a range', async () => {
        await store.put('a/b', new Uint8Array());
        for (const key of ['a', 'a/c', 'a/b/c', 'z']) {
          await expect(store.open(key)).rejects.toBeInstanceOf(ObjectNotFoundError);
          await expect(read(key, { start: 1 })).rejects.toBeInstanceOf(ObjectNotFoundError);
          await expect(read(key, { start: 1, end: 1 })).rejects.toBeInstanceOf(ObjectNotFoundError);
        }
      });

      it('can be left half-way', async () => {
        await store.putStream('large', numberedChunks(LARGE_CHUNK_COUNT));
        const { body } = await store.open('large');
        for await (const chunk of body) {
          expect((chunk as Buffer).length).toBeGreaterThan(0);
          break;
        }
        expect(body.destroyed).toBe(true);
        expect((await read('large', { start: 3, end: 4 })).text).toBe('\0');
      });

      it('ends when aborted', async () => {
        await store.putStream('large', numberedChunks(LARGE_CHUNK_COUNT));
        const abort = new AbortController();
        const { body } = await store.open('large', { signal: abort.signal });
        const failed = once(body, 'error');
        await once(body, 'readable');
        abort.abort();
        expect(await failed).toMatchObject([{ name: 'AbortError' }]);
        expect(body.destroyed).toBe(true);
      });

      it('gives the object whole although it is replaced and deleted meanwhile', async () => {
        await store.putStream('large', numberedChunks(LARGE_CHUNK_COUNT));
        const { body } = await store.open('large');
        await once(body, 'readable');
        await store.put('large', Buffer.from('new'));
        await store.delete('large');
        expect((await buffer(body)).length).toBe(LARGE_CHUNK_COUNT * MEBIBYTE);
      });
    });
  });
}

/** A source that gives its chunks and then neither more nor an end. */
class SilentSource implements AsyncIterable<Uint8Array> {
  private fallSilent!: () => void;
  readonly fellSilent = new Promise<void>((resolve) => {
    this.fallSilent = resolve;
  });

  constructor(private readonly chunks: AsyncIterable<Uint8Array>) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    yield* this.chunks;
    this.fallSilent();
    await new Promise(() => undefined);
  }
}

/** How much memory this process holds on to beyond what it did before: heap, and what lies outside, such as buffers. */
class MemoryPeak {
  private readonly before = memoryNow();
  private peak = this.before;
  private seenBytes = 0;

  /** Looks every so often only, since garbage is collected each time. */
  passed({ length }: Uint8Array): void {
    const before = this.seenBytes;
    this.seenBytes += length;
    const stride = 32 * MEBIBYTE;
    if (Math.floor(before / stride) === Math.floor(this.seenBytes / stride)) return;
    this.peak = Math.max(this.peak, memoryNow());
  }

  get growth(): number {
    return this.peak - this.before;
  }
}

function memoryNow(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function numberedChunk(index: number): Buffer {
  return Buffer.alloc(MEBIBYTE, index);
}

async function* numberedChunks(count: number): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index += 1) yield numberedChunk(index);
}

async function* texts(chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

async function* lookingOn(
  source: AsyncIterable<Uint8Array>,
  look: (chunk: Uint8Array) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    await look(chunk);
    yield chunk;
  }
}

async function* throwing(source: AsyncIterable<Uint8Array>, failure: Error): AsyncGenerator<Uint8Array> {
  yield* source;
  throw failure;
}
