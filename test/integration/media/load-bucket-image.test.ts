import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type ImageLoading, loadImage } from '@tessera/media';
import { SafeHttp } from '@tessera/safe-fetch';
import { InputBuckets, type InputRules } from '@tessera/storage';
import { startTestS3, type TestS3 } from '@tessera/testing';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAX_BYTES = 100_000;

let s3: TestS3;
let http: SafeHttp;
let picture: Buffer;
beforeAll(async () => {
  s3 = await startTestS3();
  http = new SafeHttp({ allowedPrivateNetworks: [] });
  picture = await sharp({ create: { width: 4, height: 2, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  await put('in/big cat.png', picture);
  await put('in/large.png', Buffer.alloc(5 * 1024 ** 2));
  await put('in/page.png', Buffer.from('<!doctype html>'));
  await put('tessera/jobs/job_1/images/0', picture);
});
afterAll(async () => {
  await http.close();
  await s3.close();
});

async function put(key: string, body: Buffer): Promise<void> {
  const client = new S3Client({
    endpoint: s3.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
  });
  await client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: key, Body: body }));
  client.destroy();
}

function loading(rules: Partial<InputRules> = {}): ImageLoading {
  const service = { endpoint: s3.endpoint, pathStyle: true };
  const store = { kind: 's3', bucket: s3.bucket, prefix: 'tessera', service } as const;
  return {
    http,
    objects: { get: () => Promise.reject(new Error('the object store is not asked')) },
    buckets: new InputBuckets({ buckets: [s3.bucket], store, service, ...rules }),
    limits: { maxBytes: MAX_BYTES, maxPixels: 10_000, fetchTimeoutMs: 20_000 },
  };
}

const source = (key: string, bucket = s3.bucket) => ({ kind: 's3' as const, bucket, key });

describe('an image in a bucket', () => {
  it('is read like any other', async () => {
    const image = await loadImage(source('in/big cat.png'), loading());
    expect(image).toMatchObject({ format: 'png', width: 4, height: 2 });
    expect(picture.equals(image.bytes)).toBe(true);
  });

  it('is refused for good when it has too many bytes or is none', async () => {
    await expect(loadImage(source('in/large.png'), loading())).rejects.toMatchObject({
      code: 'image_too_large',
      retryable: false,
      maxBytes: MAX_BYTES,
      declaredBytes: 5 * 1024 ** 2,
    });
    await expect(loadImage(source('in/page.png'), loading())).rejects.toMatchObject({
      code: 'image_unreadable',
    });
  });

  it('is not found, for good, where there is no object or no bucket', async () => {
    const missing = loadImage(source('in/none.png'), loading());
    await expect(missing).rejects.toMatchObject({ code: 'image_not_found', retryable: false });
    await expect(missing).rejects.toThrow(
      `s3://${s3.bucket}/in/none.png cannot be read: there is no such object`,
    );
    const elsewhere = loadImage(source('a.png', 'no-such-bucket'), loading({ buckets: ['no-such-bucket'] }));
    await expect(elsewhere).rejects.toMatchObject({ code: 'image_not_found', retryable: false });
    await expect(elsewhere).rejects.toThrow('S3 refuses with NoSuchBucket');
  });

  it('is refused where the operator has not allowed the bucket, or keeps the object store', async () => {
    await expect(loadImage(source('in/big cat.png'), loading({ buckets: [] }))).rejects.toMatchObject({
      code: 'url_not_allowed',
      retryable: false,
    });
    await expect(loadImage(source('tessera/jobs/job_1/images/0'), loading())).rejects.toMatchObject({
      code: 'url_not_allowed',
    });
  });

  it('rejects with the reason of an abort', async () => {
    const signal = AbortSignal.abort(new Error('cancelled'));
    await expect(loadImage(source('in/big cat.png'), { ...loading(), signal })).rejects.toThrow('cancelled');
  });

  it('is worth another attempt when time runs out or S3 is away', async () => {
    const limits = { ...loading().limits, fetchTimeoutMs: 1 };
    await expect(loadImage(source('in/large.png'), { ...loading(), limits })).rejects.toMatchObject({
      code: 'image_fetch_timeout',
      retryable: true,
    });
    await s3.stop();
    await expect(loadImage(source('in/big cat.png'), loading())).rejects.toMatchObject({
      code: 'image_fetch_failed',
      retryable: true,
    });
    await s3.start();
    await expect(loadImage(source('in/big cat.png'), loading())).resolves.toMatchObject({ width: 4 });
  });
});
