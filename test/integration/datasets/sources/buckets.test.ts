import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { openSource, readPlace } from '@tessera/datasets';
import { InputBuckets } from '@tessera/storage';
import { startTestS3, temporaryDirectory, type TestS3 } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, readSource } from './read-source.js';

const run = promisify(execFile);

let s3: TestS3;
let client: S3Client;
let buckets: InputBuckets;
beforeAll(async () => {
  s3 = await startTestS3();
  client = new S3Client({ endpoint: s3.endpoint, region: 'us-east-1', forcePathStyle: true });
  buckets = bucketsOf('any');
});
afterAll(async () => {
  client.destroy();
  await s3.close();
});

const bucketsOf = (allowed: 'any' | string[]) =>
  new InputBuckets({
    buckets: allowed,
    store: { kind: 's3', bucket: s3.bucket, prefix: 'own', service: { pathStyle: true } },
    service: { endpoint: s3.endpoint, pathStyle: true },
  });

async function put(key: string, body: string | Uint8Array = key): Promise<void> {
  await client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: key, Body: body }));
}

const uri = (key: string) => `s3://${s3.bucket}/${key}`;
const object = (key: string) => ({ kind: 's3', bucket: s3.bucket, key });
const keysOf = async (key: string) =>
  (await readSource(uri(key), { buckets })).map(({ key: found }) => found);

describe('a dataset in a bucket', () => {
  it('is the images below a prefix, with or without its slash', async () => {
    for (const key of [
      'pics/b.jpg',
      'pics/a/1.png',
      'pics/a/.h.png',
      'pics/.t/2.png',
      'pics/c.txt',
      'pics2/d.jpg',
    ]) {
      await put(key);
    }
    const records = [
      { key: 'a/1.png', path: uri('pics/a/1.png'), image: object('pics/a/1.png'), columns: {} },
      { key: 'b.jpg', path: uri('pics/b.jpg'), image: object('pics/b.jpg'), columns: {} },
    ];
    expect(await readSource(uri('pics'), { buckets })).toEqual(records);
    expect(await readSource(uri('pics/'), { buckets })).toEqual(records);
  });

  it('is what a pattern matches', async () => {
    for (const key of ['glob/x/1.jpg', 'glob/x/y/2.jpg', 'glob/z/3.jpg', 'glob/z/4.png']) await put(key);
    expect(await keysOf('glob/*/*.jpg')).toEqual(['x/1.jpg', 'z/3.jpg']);
    expect(await keysOf('glob/**/*.jpg')).toEqual(['x/1.jpg', 'x/y/2.jpg', 'z/3.jpg']);
    expect(await keysOf('glob/{z,x}/*.jpg')).toEqual(['z/3.jpg', 'x/1.jpg']);
  });

  it('leaves out the objects of the service itself', async () => {
    await put('own/files/1.jpg');
    await put('1.jpg');
    const keys = await keysOf('');
    expect(keys).toContain('1.jpg');
    expect(keys.filter((key) => key.startsWith('own/'))).toEqual([]);
  });

  it('is a list, with paths from its folder on', async () => {
    await put('lists/a.jsonl', '{"image":"pics/1.jpg"}\n{"image":"../2.jpg"}\n{"image":"http://x/3.jpg"}\n');
    const records = await readSource(uri('lists/a.jsonl'), { buckets, allowLocalFiles: false });
    expect(records.map(({ image }) => image)).toEqual([
      object('lists/pics/1.jpg'),
      object('2.jpg'),
      { kind: 'url', url: 'http://x/3.jpg' },
    ]);
  });

  it('is an ImageFolder by its metadata, wherever that stands among its objects', async () => {
    await put('hf/train/a.jpg');
    await put('hf/train/metadata.csv', 'file_name,text\na.jpg,cat\n');
    await put('hf/train/z.jpg');
    expect(await readSource(uri('hf'), { buckets })).toMatchObject([
      { key: 'train/a.jpg', image: object('hf/train/a.jpg'), columns: { text: 'cat' } },
    ]);
  });

  it('is Parquet', async () => {
    const bytes = await readFile(new URL('parquet/groups.parquet', import.meta.url));
    await put('table/0.parquet', bytes);
    const source = await openSource(uri('table/'), { buckets });
    expect(await source.knownCount()).toBe(1000);
    const records = await collect(source.records());
    expect(records.map(({ path }) => path)).toEqual(Array.from({ length: 1000 }, (_, row) => `${row}.jpg`));
    expect(records[7]?.image).toEqual(object('table/7.jpg'));
  });

  it('is tars, whose images are read from where they are', async () => {
    const directory = await temporaryDirectory('tessera-bucket-tars');
    const name = (row: number) => `${row}.jpg`;
    const content = (row: number) => String(row).repeat(200_000);
    for (let row = 0; row < 6; row += 1) await writeFile(join(directory.path, name(row)), content(row));
    for (const [tar, first] of [
      [8, 0],
      [9, 3],
    ] as const) {
      const names = [0, 1, 2].map((row) => name(first + row));
      await run('tar', ['--create', '--file', join(directory.path, `${tar}.tar`), ...names], {
        cwd: directory.path,
      });
      await put(`tars/${tar}.tar`, await readFile(join(directory.path, `${tar}.tar`)));
    }
    await directory.remove();
    const source = await openSource(uri('tars/{8..9}.tar'), { buckets });
    const shards = await collect(source.shards?.() ?? expect.fail('there are no shards'));
    expect(shards.map((shard) => shard.name)).toEqual(['8', '9']);
    const records = await collect(source.records());
    expect(records.map(({ key }) => key)).toEqual(['8/0', '8/1', '8/2', '9/3', '9/4', '9/5']);
    for (const [row, { image }] of records.entries()) {
      if (image.kind !== 'part') return expect.fail('the image is no part');
      const bytes = await readPlace(image, { buckets, maxBytes: 1_000_000 });
      expect(Buffer.from(bytes).toString('latin1')).toBe(content(row));
    }
  });
});

describe('what cannot be read', () => {
  it('is refused: an object or a bucket that is not there, a bucket that is not allowed', async () => {
    await expect(keysOf('nothing/list.csv')).rejects.toThrow(
      `${uri('nothing/list.csv')} cannot be read: there is no such object`,
    );
    await expect(keysOf('nothing/')).rejects.toThrow('names of files tell no form');
    await expect(readSource('s3://no-such-bucket/x/', { buckets })).rejects.toThrow(
      'S3 refuses with NoSuchBucket',
    );
    await expect(readSource(uri('pics'), { buckets: bucketsOf(['dogs']) })).rejects.toMatchObject({
      code: 'url_not_allowed',
    });
  });

  it('is an error of the image it is about', async () => {
    await put('big.jpg', 'x'.repeat(100));
    const read = (key: string, maxBytes: number) =>
      readPlace({ kind: 's3', bucket: s3.bucket, key }, { buckets, maxBytes });
    expect((await read('big.jpg', 100)).length).toBe(100);
    await expect(read('big.jpg', 99)).rejects.toMatchObject({ code: 'image_too_large' });
    await expect(read('nothing.jpg', 99)).rejects.toMatchObject({ code: 'image_not_found' });
  });

  it('breaks the reading off, and makes no records of its own, while the service is away', async () => {
    await put('away/0.tar', Buffer.alloc(1024));
    const source = await openSource(uri('away/{0..1}.tar'), { buckets });
    await s3.stop();
    try {
      await expect(collect(source.records())).rejects.toMatchObject({ code: 'service_unavailable' });
      const image = { kind: 's3', bucket: s3.bucket, key: 'big.jpg' } as const;
      await expect(readPlace(image, { buckets, maxBytes: 1000 })).rejects.toMatchObject({
        code: 'image_fetch_failed',
      });
    } finally {
      await s3.start();
    }
  });
});
