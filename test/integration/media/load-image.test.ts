import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import {
  type ImageLoading,
  loadImage,
  StoredImageMissingError,
  StoredImageUnavailableError,
} from '@tessera/media';
import { SafeHttp } from '@tessera/safe-fetch';
import { type ObjectStore, openFolderStore } from '@tessera/storage';
import { freeLoopbackPort, temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let directory: TemporaryDirectory;
let objects: ObjectStore;
let http: SafeHttp;
let server: Server;
let answer: RequestListener;
let loading: ImageLoading;
let picture: Buffer;

beforeEach(async () => {
  directory = await temporaryDirectory('tessera-images');
  objects = await openFolderStore(directory.path);
  http = new SafeHttp({ allowedPrivateNetworks: ['127.0.0.0/8'] });
  server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  loading = {
    http,
    objects,
    buckets: noBuckets,
    limits: { maxBytes: 100_000, maxPixels: 10_000, fetchTimeoutMs: 20_000 },
  };
  picture = await sharp({
    create: { width: 4, height: 2, channels: 3, background: { r: 200, g: 10, b: 20 } },
  })
    .png()
    .toBuffer();
  answer = (_, response) => response.end(picture);
});
afterEach(async () => {
  await http.close();
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
  await directory.remove();
});

/** No image of this file is in one; load-bucket-image.test.ts reads from real ones. */
const noBuckets = { open: () => Promise.reject(new Error('no bucket is expected')) };
const fromServer = () => ({
  kind: 'url' as const,
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.png`,
});
const fromStore = (key = 'jobs/job_1/images/0') => ({ kind: 'object' as const, key, bytes: picture.length });

describe('loadImage', () => {
  it('gives bytes, size and pixels of an image, be it fetched or stored', async () => {
    await objects.put('jobs/job_1/images/0', picture);
    for (const source of [fromServer(), fromStore()]) {
      const image = await loadImage(source, loading);
      expect(image).toMatchObject({ format: 'png', width: 4, height: 2 });
      expect(picture.equals(image.bytes)).toBe(true);
      expect(Array.from(await image.decode())).toEqual(Array.from({ length: 8 }, () => [200, 10, 20]).flat());
    }
  });

  it.each([
    ['a page instead of a picture', 'image_unreadable', () => Buffer.from('<!doctype html><p>Please log in')],
    ['too many bytes', 'image_too_large', () => randomBytes(100_001)],
  ])('takes %s for a permanent failure', async (_, code, body) => {
    answer = (_request, response) => response.end(body());
    await expect(loadImage(fromServer(), loading)).rejects.toMatchObject({ code, retryable: false });
  });

  it('takes too many pixels for a permanent failure, without decoding', async () => {
    const limits = { ...loading.limits, maxPixels: 7 };
    await expect(loadImage(fromServer(), { ...loading, limits })).rejects.toMatchObject({
      code: 'image_too_many_pixels',
      retryable: false,
    });
  });

  it('refuses, when decoding, a picture that is cut off', async () => {
    const whole = await sharp(randomBytes(64 * 64 * 3), { raw: { width: 64, height: 64, channels: 3 } })
      .png()
      .toBuffer();
    answer = (_, response) => response.end(whole.subarray(0, whole.length / 2));
    const image = await loadImage(fromServer(), loading);
    expect(image).toMatchObject({ width: 64, height: 64 });
    await expect(image.decode()).rejects.toMatchObject({ code: 'image_unreadable', retryable: false });
  });

  it('keeps the verdict of the fetch', async () => {
    answer = (_, response) => response.writeHead(404).end();
    await expect(loadImage(fromServer(), loading)).rejects.toMatchObject({ code: 'image_not_found' });
    answer = (_, response) => response.writeHead(503).end();
    await expect(loadImage(fromServer(), loading)).rejects.toMatchObject({
      code: 'image_fetch_failed',
      retryable: true,
    });
    const closed = { kind: 'url' as const, url: `http://127.0.0.1:${await freeLoopbackPort()}/` };
    await expect(loadImage(closed, loading)).rejects.toMatchObject({
      code: 'image_fetch_failed',
      retryable: true,
    });
    answer = () => undefined;
    const limits = { ...loading.limits, fetchTimeoutMs: 100 };
    await expect(loadImage(fromServer(), { ...loading, limits })).rejects.toMatchObject({
      code: 'image_fetch_timeout',
      retryable: true,
    });
  });

  it('says that a stored image is gone, for good', async () => {
    const failure = loadImage(fromStore('jobs/job_2/images/0'), loading);
    await expect(failure).rejects.toBeInstanceOf(StoredImageMissingError);
    await expect(failure).rejects.toMatchObject({ code: 'internal_error', retryable: false });
    await expect(failure).rejects.toThrow('jobs/job_2/images/0');
  });

  it('takes a store that fails for a passing failure', async () => {
    const outage = new Error('connection reset');
    const failing = { get: () => Promise.reject(outage) };
    const failure = loadImage(fromStore(), { ...loading, objects: failing });
    await expect(failure).rejects.toBeInstanceOf(StoredImageUnavailableError);
    await expect(failure).rejects.toMatchObject({
      code: 'service_unavailable',
      retryable: true,
      cause: outage,
    });
  });

  it('rejects with the reason of an abort', async () => {
    const abort = new AbortController();
    answer = () => abort.abort(new Error('cancelled'));
    await expect(loadImage(fromServer(), { ...loading, signal: abort.signal })).rejects.toThrow('cancelled');
    await objects.put('jobs/job_1/images/0', picture);
    await expect(loadImage(fromStore(), { ...loading, signal: abort.signal })).rejects.toThrow('cancelled');
  });
});
