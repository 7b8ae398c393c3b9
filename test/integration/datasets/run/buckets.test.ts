import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { readPlace } from '@tessera/datasets';
import { InputBuckets } from '@tessera/storage';
import { startTestS3, temporaryDirectory, type TemporaryDirectory, type TestS3 } from '@tessera/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { allRows, captionRun, type CaptionRun } from './caption-run.js';
import { InstantAsker, type InstantAnswers } from './instant-asker.js';

const PICTURES = 12;

let s3: TestS3;
let directory: TemporaryDirectory;
let buckets: InputBuckets;
beforeAll(async () => {
  s3 = await startTestS3();
  directory = await temporaryDirectory('tessera-buckets');
  const service = { endpoint: s3.endpoint, pathStyle: true };
  buckets = new InputBuckets({ buckets: 'any', store: { kind: 'folder', directory: '/nowhere' }, service });
  const client = new S3Client({ endpoint: s3.endpoint, region: 'us-east-1', forcePathStyle: true });
  for (let number = 0; number < PICTURES; number += 1) {
    const key = `pictures/${String(number).padStart(2, '0')}.png`;
    await client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: key, Body: `picture ${number}` }));
  }
  client.destroy();
});
afterAll(async () => {
  await s3.close();
  await directory.remove();
});

async function run(answers: InstantAnswers, more: Partial<CaptionRun>) {
  const read: InstantAnswers['read'] = (place) =>
    place.kind === 'url' ? expect.fail(place.url) : readPlace(place, { buckets, maxBytes: 1000 });
  const asker = new InstantAsker({ read, concurrency: 2, ...answers });
  const result = await captionRun({
    source: `s3://${s3.bucket}/pictures`,
    output: `s3://${s3.bucket}/out/captions.parquet`,
    asker,
    shardRows: 5,
    sourceOptions: { buckets },
    ...more,
    outputOptions: { s3Service: { endpoint: s3.endpoint, pathStyle: true }, ...more.outputOptions },
  });
  return { ...result, asked: asker.asked };
}

it('a run from S3 to S3 is gone on with by another process, which shares nothing else with it', async () => {
  const stop = new AbortController();
  let count = 0;
  const onAsk = () => void ((count += 1) === 7 && stop.abort());
  const first = await run({ onAsk }, { stopping: stop.signal });
  expect(first.ending).toBe('stopped');
  const second = await run({}, {});
  expect(second.facts.earlier).toBe(first.asked.length);
  expect(first.asked.length + second.asked.length).toBe(PICTURES);
  const rows = await allRows(second.output);
  expect(rows.map(({ caption }) => caption)).toEqual(
    Array.from({ length: PICTURES }, (_, number) => `What is it? picture ${number}`),
  );
  expect((await run({}, {})).facts).toMatchObject({ earlier: PICTURES, shardsWritten: 0 });
});

it('a folder of images in S3 becomes tars on this machine', async () => {
  const output = join(directory.path, 'tars');
  const { facts } = await run({}, { output, outputOptions: { form: 'webdataset' } });
  expect(facts).toMatchObject({ captioned: PICTURES, shardsWritten: 3 });
});

it('captions are put beside the images, and only where there are none', async () => {
  const output = `s3://${s3.bucket}/pictures`;
  const outputOptions = { form: 'sidecar' } as const;
  const first = await run({}, { output, outputOptions, selection: { limit: 4 } });
  expect(first.facts.captioned).toBe(4);
  const other = { ...outputOptions, sidecar: { extension: '.caption' } };
  expect((await run({}, { output, outputOptions: other })).facts.captioned).toBe(PICTURES);
  // Another prompt would make other captions, if the ones that are there were not to stay.
  const { facts, output: opened } = await run({}, { output, outputOptions, prompts: ['Why?'] });
  expect(facts).toMatchObject({ existing: 4, captioned: 8 });
  const statuses = (await allRows(opened)).map(({ status }) => status);
  expect(statuses).toEqual([
    ...Array<string>(4).fill('skipped_existing'),
    ...Array<string>(8).fill('completed'),
  ]);
});
