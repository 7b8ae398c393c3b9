import { type DatasetRow, openOutput, type OutputOptions } from '@tessera/datasets';
import { type ObjectStore, openNamedStore } from '@tessera/storage';
import { startTestS3, type TestS3 } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captioned, failed, readRows, shardOf } from './output-rows.js';

const ROWS: DatasetRow[] = [captioned("my photos/it's ü.jpg", { caption: 'a cat' }), failed('b.jpg')];

describe('an output in S3', () => {
  let s3: TestS3;
  let store: ObjectStore;
  beforeAll(async () => {
    s3 = await startTestS3();
    store = await openNamedStore(
      { kind: 's3', bucket: s3.bucket, prefix: '', service: service() },
      { temporaryFolder: 'tmp' },
    );
  });
  afterAll(() => s3.close());

  const service = () => ({ endpoint: s3.endpoint, pathStyle: true });
  const open = (name: string, options: Partial<OutputOptions> = {}) =>
    openOutput(`s3://${s3.bucket}/${name}`, { carried: [], s3Service: service(), ...options });
  const keys = async (prefix: string) => {
    const found: string[] = [];
    for await (const key of store.list(prefix)) found.push(key);
    return found.sort();
  };

  it.each(['captions.jsonl', 'my runs/captions.csv.gz', 'deep/er/captions.parquet'])(
    'is one object once it is finished: %s',
    async (name) => {
      const output = await open(name);
      await output.writeShard(shardOf('00001', ROWS));
      await output.writeShard(shardOf('00000', ROWS));
      expect(await keys(`${name}.parts/`)).toHaveLength(4);
      await output.finish();
      expect(await keys(`${name}`)).toEqual([name]);
      expect(await readRows(await open(name), '00001')).toEqual(ROWS);
    },
  );

  it('is a folder of shards', async () => {
    const output = await open('shards/', { form: 'webdataset' });
    await output.writeShard(shardOf('00000', ROWS));
    expect(await keys('shards/')).toEqual(['shards/00000.tar', 'shards/00000_stats.json']);
    expect(await readRows(await open('shards', { form: 'webdataset' }), '00000')).toEqual(ROWS);
  });

  it('is text beside the images, whatever they are called', async () => {
    const output = await open('pictures', { form: 'sidecar' });
    await output.writeShard(shardOf('00000', ROWS));
    expect(Buffer.from(await store.get("pictures/my photos/it's ü.txt")).toString()).toBe('a cat');
    expect(await output.hasCaption?.({ key: "my photos/it's ü.jpg" })).toBe(true);
    expect(await readRows(await open('pictures', { form: 'sidecar' }), '00000')).toEqual(ROWS);
  });

  it('is the metadata of a folder of images', async () => {
    const output = await open('folder/metadata.jsonl');
    await output.writeShard(shardOf('00000', ROWS));
    await output.finish();
    expect(Buffer.from(await store.get('folder/metadata.jsonl')).toString()).toMatch(
      /^{"file_name":"my photos\/it's ü.jpg","text":"a cat"/,
    );
  });
});
