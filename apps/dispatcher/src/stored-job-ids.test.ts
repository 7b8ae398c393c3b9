import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFolderStore } from '@tessera/storage';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { imagesPrefix, storedJobIds } from './stored-job-ids.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tessera-stored-'));
});
afterAll(() => rm(directory, { recursive: true }));

it('names the jobs that have images, and the images can be removed without the answer', async () => {
  const store = await openFolderStore(directory);
  const keys = ['jobs/job_a/images/0', 'jobs/job_a/images/1', 'jobs/job_a/answers/1.json'];
  for (const key of [...keys, 'jobs/job_b/answers/1.json', 'files/images/0'])
    await store.put(key, Buffer.from('x'));
  const ids = async () => {
    const found: string[] = [];
    for await (const id of storedJobIds(store)) found.push(id);
    return found;
  };
  expect(await ids()).toEqual(['job_a', 'job_a']);
  await store.deletePrefix(imagesPrefix('job_a'));
  expect(await ids()).toEqual([]);
  expect(await store.get('jobs/job_a/answers/1.json')).toEqual(Buffer.from('x'));
});
