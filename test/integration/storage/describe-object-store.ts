import { randomBytes } from 'node:crypto';
import { ObjectKeyInvalidError, ObjectNotFoundError, type ObjectStore } from '@tessera/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeObjectStreams } from './describe-object-streams.js';

export interface OpenedStore {
  readonly store: ObjectStore;
  /** A second client of the same objects, as another process has one. */
  openAgain(): Promise<ObjectStore>;
  /** Unfinished writes that the store still keeps somewhere: temporary files, uploads in parts. */
  leftovers(): Promise<string[]>;
  close(): Promise<void>;
}

const INVALID_KEYS = [
  ['the empty key', ''],
  ['a leading slash', '/etc/passwd'],
  ['a trailing slash', 'a/'],
  ['an empty segment', 'a//b'],
  ['traversal', '../../etc/passwd'],
  ['traversal inside', 'a/../b'],
  ['traversal at the end', 'a/..'],
  ['a dot segment', 'a/./b'],
  ['a backslash', 'a\\..\\b'],
  ['an encoded slash', 'a%2f..%2fb'],
  ['a NUL byte', 'a\0b'],
  ['a line break', 'a\n'],
  ['a space', 'a b'],
  ['letters beyond ASCII', 'bücher'],
  ['a key of 513 characters', `${'a/'.repeat(256)}b`],
  ['a segment of 256 characters', 'a'.repeat(256)],
] as const;

const validKeys = (longestSegment: number) => [
  ['of one letter', 'a'],
  ['with a leading dot', '.hidden'],
  ['of three dots', '...'],
  ['of several segments', 'jobs/job_1/answer.json'],
  ['with every kind of sign', 'A.b/c-d/e_f/..g/h..'],
  [`with a segment of ${longestSegment} characters`, 'a'.repeat(longestSegment)],
  ['of 512 characters', `${'a/'.repeat(255)}bc`],
];

/** Where the server behind a store can do less than the store promises. */
export interface StoreLimits {
  /** Of a key. */
  readonly longestSegment?: number;
  /** More than a page of a listing has. */
  readonly manyKeys?: number;
}

/** What every {@link ObjectStore} does. `open` gives an empty one. */
export function describeObjectStore(
  name: string,
  open: () => Promise<OpenedStore>,
  { longestSegment = 255, manyKeys = 1100 }: StoreLimits = {},
): void {
  describeObjectStreams(name, open);
  describe(`${name} as an object store`, () => {
    let opened: OpenedStore;
    let store: ObjectStore;
    beforeEach(async () => {
      opened = await open();
      store = opened.store;
    });
    afterEach(() => opened.close());

    const keys = async (prefix: string) => {
      const found: string[] = [];
      for await (const key of store.list(prefix)) found.push(key);
      return found.sort();
    };

    describe('put and get', () => {
      it.each([
        ['no bytes', new Uint8Array()],
        ['every byte', Uint8Array.from({ length: 256 }, (_, index) => index)],
        ['20 MB', randomBytes(20_000_000)],
      ])('give back %s', async (_, bytes) => {
        await store.put('images/one.bin', bytes);
        expect(Buffer.compare(await store.get('images/one.bin'), bytes)).toBe(0);
      });

      it('take a view into a larger buffer', async () => {
        await store.put('view', Buffer.from('abcdef').subarray(2, 4));
        expect(text(await store.get('view'))).toBe('cd');
      });

      it.each(validKeys(longestSegment))('take a key %s', async (_, key) => {
        await store.put(key, Buffer.from(key));
        expect(text(await store.get(key))).toBe(key);
        expect(await keys('')).toEqual([key]);
      });

      it('replace an object', async () => {
        await store.put('a/b', Buffer.from('a longer text'));
        await store.put('a/b', Buffer.from('short'));
        expect(text(await store.get('a/b'))).toBe('short');
        expect(await keys('')).toEqual(['a/b']);
      });

      it('are seen by another client at once', async () => {
        const other = await opened.openAgain();
        await store.put('a/b', Buffer.from('x'));
        expect(text(await other.get('a/b'))).toBe('x');
        await other.delete('a/b');
        await expect(store.get('a/b')).rejects.toBeInstanceOf(ObjectNotFoundError);
      });

      it('name the key that is not there, as a permanent failure', async () => {
        await store.put('a/b', new Uint8Array());
        for (const key of ['a', 'a/c', 'a/b/c', 'z']) {
          const failure = store.get(key);
          await expect(failure).rejects.toBeInstanceOf(ObjectNotFoundError);
          await expect(failure).rejects.toMatchObject({ key, retryable: false });
        }
      });
    });

    describe('keys', () => {
      it.each(INVALID_KEYS)('refuse %s in every operation', async (_, key) => {
        const refused = { name: ObjectKeyInvalidError.name, key, retryable: false };
        const presigned = store.presignDownload(key, { expiresInSeconds: 60 });
        await expect(store.put(key, new Uint8Array())).rejects.toMatchObject(refused);
        await expect(store.putStream(key, streamOf())).rejects.toMatchObject(refused);
        await expect(store.get(key)).rejects.toMatchObject(refused);
        await expect(store.open(key)).rejects.toMatchObject(refused);
        await expect(store.stat(key)).rejects.toMatchObject(refused);
        await expect(store.delete(key)).rejects.toMatchObject(refused);
        await expect(presigned).rejects.toMatchObject(refused);
      });

      it.each(['/', '../', 'a/../', 'a//', './', 'a\\b', '../../etc'])(
        'refuse the prefix %s',
        async (prefix) => {
          await expect(keys(prefix)).rejects.toBeInstanceOf(ObjectKeyInvalidError);
          await expect(store.deletePrefix(prefix)).rejects.toBeInstanceOf(ObjectKeyInvalidError);
        },
      );

      it.each(['', 'a'])('refuse to delete by the prefix "%s", which ends in no slash', async (prefix) => {
        await store.put('a/b', new Uint8Array());
        await expect(store.deletePrefix(prefix)).rejects.toBeInstanceOf(ObjectKeyInvalidError);
        expect(await keys('')).toEqual(['a/b']);
      });
    });

    describe('stat', () => {
      it('gives the size, and nothing where there is no object', async () => {
        await store.put('a/b', Buffer.from('abc'));
        expect(await store.stat('a/b')).toEqual({ key: 'a/b', bytes: 3 });
        for (const key of ['a', 'a/c', 'a/b/c', 'z']) expect(await store.stat(key)).toBeUndefined();
      });
    });

    describe('list', () => {
      it('gives the keys that begin with the prefix, wherever it ends', async () => {
        for (const key of ['a', 'ab/c', 'ab/d/e', 'abc/f', 'b']) await store.put(key, new Uint8Array());
        expect(await keys('')).toEqual(['a', 'ab/c', 'ab/d/e', 'abc/f', 'b']);
        expect(await keys('a')).toEqual(['a', 'ab/c', 'ab/d/e', 'abc/f']);
        expect(await keys('ab')).toEqual(['ab/c', 'ab/d/e', 'abc/f']);
        expect(await keys('ab/')).toEqual(['ab/c', 'ab/d/e']);
        expect(await keys('ab/d')).toEqual(['ab/d/e']);
        expect(await keys('ab/c')).toEqual(['ab/c']);
        expect(await keys('ab/c/')).toEqual([]);
        expect(await keys('none/')).toEqual([]);
      });

      it(`gives each of ${manyKeys} keys once`, async () => {
        const expected = Array.from(
          { length: manyKeys },
          (_, index) => `many/${String(index).padStart(4, '0')}`,
        );
        await Promise.all(expected.map((key) => store.put(key, new Uint8Array())));
        expect(await keys('many/')).toEqual(expected);
        await store.deletePrefix('many/');
        expect(await keys('')).toEqual([]);
      });
    });

    describe('delete', () => {
      it('removes the object and no other', async () => {
        for (const key of ['a/b', 'a/c']) await store.put(key, new Uint8Array());
        await store.delete('a/b');
        expect(await keys('')).toEqual(['a/c']);
      });

      it('takes what is not there for done, a folder too', async () => {
        await store.put('a/b', new Uint8Array());
        for (const key of ['z', 'z/z', 'a', 'a/b/c']) await store.delete(key);
        expect(await keys('')).toEqual(['a/b']);
      });

      it('leaves the name of an emptied folder free for an object', async () => {
        await store.put('a/b/c', new Uint8Array());
        await store.delete('a/b/c');
        await store.put('a', Buffer.from('x'));
        expect(text(await store.get('a'))).toBe('x');
      });
    });

    describe('deletePrefix', () => {
      it('removes what begins with the prefix and nothing else', async () => {
        for (const key of ['a/b', 'a/c/d', 'ab/e', 'b']) await store.put(key, new Uint8Array());
        await store.deletePrefix('a/');
        expect(await keys('')).toEqual(['ab/e', 'b']);
        await store.deletePrefix('a/');
        await store.deletePrefix('b/');
        expect(await keys('')).toEqual(['ab/e', 'b']);
      });

      it('breaks no concurrent put and leaves no half object', async () => {
        const body = Buffer.alloc(2000, 7);
        const puts = Array.from({ length: 200 }, (_, index) => store.put(`jobs/job_1/${index % 20}/x`, body));
        const deletes = Array.from({ length: 40 }, () => store.deletePrefix('jobs/job_1/'));
        await Promise.all([...puts, ...deletes]);
        for (const key of await keys('jobs/')) expect(Buffer.compare(await store.get(key), body)).toBe(0);
        await store.deletePrefix('jobs/');
        expect(await keys('')).toEqual([]);
      });
    });

    describe('concurrent clients', () => {
      it('leave one whole object when they put the same key', async () => {
        const other = await opened.openAgain();
        const bodies = Array.from({ length: 20 }, (_, index) => Buffer.alloc(100_000 + index, index));
        await Promise.all(bodies.map((body, index) => (index % 2 ? store : other).put('same/key', body)));
        const kept = await store.get('same/key');
        expect(bodies.some((body) => body.equals(kept))).toBe(true);
        expect(await keys('')).toEqual(['same/key']);
      });

      it('never see a mixture while an object is replaced', async () => {
        const bodies = [Buffer.alloc(1_500_000, 1), Buffer.alloc(900_000, 2)] as const;
        await store.put('replaced', bodies[0]);
        const seenLengths = new Set<number>();
        let isReplacing = true;
        const replace = async () => {
          for (let round = 1; round <= 30 || seenLengths.size < 2; round += 1) {
            await store.put('replaced', bodies[round % 2 === 0 ? 0 : 1]);
          }
          isReplacing = false;
        };
        const read = async () => {
          while (isReplacing) {
            const seen = await store.get('replaced');
            expect(bodies.some((body) => body.equals(seen))).toBe(true);
            seenLengths.add(seen.length);
          }
        };
        await Promise.all([replace(), read(), read()]);
      });
    });
  });
}

async function* streamOf(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}
