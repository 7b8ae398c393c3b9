import { type ObjectStore, openObjectStore, type S3Service } from '@tessera/storage';
import { uniquePrefix } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeObjectStore, type StoreLimits } from './describe-object-store.js';

export interface S3Server {
  readonly endpoint: string;
  readonly bucket: string;
  /** Uploads in parts that were neither completed nor aborted. */
  unfinishedUploads(): Promise<string[]>;
  close(): Promise<void>;
}

export const serviceAt = (endpoint: string): S3Service => ({ endpoint, pathStyle: true });

/** What the S3 store does on a server, beyond what every store does. */
export function describeS3Store(
  name: string,
  start: () => Promise<S3Server>,
  limits: StoreLimits = {},
): void {
  let server: S3Server;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.close());

  const open = (prefix: string) =>
    openObjectStore({ kind: 's3', bucket: server.bucket, prefix, service: serviceAt(server.endpoint) });

  const openEmpty = async () => {
    const prefix = uniquePrefix('store');
    const store = await open(prefix);
    return {
      store,
      openAgain: () => open(prefix),
      leftovers: () => server.unfinishedUploads(),
      close: async () => {
        for await (const key of store.list('')) await store.delete(key);
      },
    };
  };
  describeObjectStore(name, openEmpty, limits);

  describe(`${name} as S3`, () => {
    let store: ObjectStore;
    beforeAll(async () => {
      store = await open(uniquePrefix('presigned'));
      await store.put('files/file-1/content', Buffer.from('0123456789'));
    });

    const presign = async (options: { expiresInSeconds: number; contentDisposition?: string }) => {
      const url = await store.presignDownload('files/file-1/content', options);
      if (url === undefined) throw new Error('no URL');
      return url;
    };

    it('gives URLs that plain HTTP reads, whole and in ranges, without a credential', async () => {
      const url = await presign({ expiresInSeconds: 60 });
      expect(await (await fetch(url)).text()).toBe('0123456789');
      const part = await fetch(url, { headers: { range: 'bytes=2-4' } });
      expect([part.status, await part.text()]).toEqual([206, '234']);
    });

    it('has the download saved as the disposition given says', async () => {
      const contentDisposition = `attachment; filename="a \\"1\\".jsonl"; filename*=UTF-8''B%C3%BCcher%20%221%22.jsonl`;
      const answer = await fetch(await presign({ expiresInSeconds: 60, contentDisposition }));
      expect(answer.headers.get('content-disposition')).toBe(contentDisposition);
      expect(await answer.text()).toBe('0123456789');
    });

    it('gives URLs for one object alone and for a while only', async () => {
      const url = new URL(await presign({ expiresInSeconds: 60 }));
      expect(url.searchParams.get('X-Amz-Expires')).toBe('60');
      url.pathname = url.pathname.replace('file-1', 'file-2');
      expect((await fetch(url)).status).toBe(403);
      const longest = new URL(await presign({ expiresInSeconds: 10_000_000 }));
      expect(longest.searchParams.get('X-Amz-Expires')).toBe('604800');
    });

    it('keeps stores of different prefixes apart', async () => {
      const [one, two] = [await open('apart/one'), await open('apart/on')];
      await one.put('a/b', Buffer.from('1'));
      expect(await two.stat('a/b')).toBeUndefined();
      await two.deletePrefix('a/');
      for await (const key of two.list('')) expect.unreachable(`listed ${key}`);
      expect(await one.stat('a/b')).toEqual({ key: 'a/b', bytes: 1 });
    });

    it('is reached by another client under prefix and key', async () => {
      await (await open('other')).put('a/b', Buffer.from('1'));
      const whole = await openObjectStore({
        kind: 's3',
        bucket: server.bucket,
        prefix: '',
        service: serviceAt(server.endpoint),
      });
      expect(Buffer.from(await whole.get('other/a/b')).toString()).toBe('1');
    });

    it('is not opened in a bucket that is not there, and says so', async () => {
      const missing = openObjectStore({
        kind: 's3',
        bucket: 'no-such-bucket',
        prefix: 'a',
        service: serviceAt(server.endpoint),
      });
      await expect(missing).rejects.toMatchObject({
        code: 'service_unavailable',
        operation: 'open',
        subject: 's3://no-such-bucket/a/',
        reason: expect.stringContaining('there is no such bucket; create it, or correct the name') as string,
      });
    });
  });
}
