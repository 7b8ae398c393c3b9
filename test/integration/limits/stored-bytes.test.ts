import { type FileRecord } from '@tessera/contracts';
import { startFileUpkeep } from '@tessera/files';
import { type FileIndex, openFileIndex, type QueueConnection } from '@tessera/queue';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf, startTestFiles, type TestFiles } from '../files/start-test-files.js';
import { logger, newRecord, QueueBench } from '../queue/queue-bench.js';

const OWNER = 'key_a';

let bench: QueueBench;
beforeAll(async () => {
  bench = await QueueBench.start();
});
afterAll(() => bench.stop());

describe('bytes of files', () => {
  let test: TestFiles;
  beforeEach(async () => {
    test = await startTestFiles(bench.testRedis);
  });
  afterEach(() => test.close());

  const total = () => test.index.storedBytes.total(OWNER);
  const store = (text: string, limitBytes: number) =>
    test.files.storeContent(bytesOf(text), { allowance: { ownerId: OWNER, limitBytes } });
  const facts = { ownerId: OWNER, purpose: 'user_data', filename: 'a.bin' } as const;

  async function keep(text: string, limitBytes = 100): Promise<FileRecord> {
    return test.files.keep(await store(text, limitBytes), facts);
  }

  it('count from the first to the last byte that is kept', async () => {
    const file = await keep('0123456789');
    expect(await total()).toBe(10);
    expect(await test.files.delete(file.id)).toBe(true);
    expect(await total()).toBe(0);
    expect(await test.index.storedBytes.reconcile()).toEqual([]);
  });

  it('let nothing in that would pass the limit, and leave nothing of it', async () => {
    await keep('0123456789', 15);
    const before = await test.storedKeys();
    await expect(store('012345', 15)).rejects.toMatchObject({
      code: 'storage_limit_exceeded',
      limitBytes: 15,
      storedBytes: 10,
    });
    expect(await total()).toBe(10);
    expect(await test.storedKeys()).toEqual(before);
    expect(await keep('01234', 15)).toMatchObject({ bytes: 5 });
  });

  it('cut a file off where it passes the limit while it comes', async () => {
    const taken: string[] = [];
    const endless = async function* () {
      for (;;) {
        taken.push('ten bytes.');
        yield Buffer.from('ten bytes.');
      }
    };
    const allowance = { ownerId: OWNER, limitBytes: 35 };
    await expect(test.files.storeContent(endless(), { allowance })).rejects.toMatchObject({
      code: 'storage_limit_exceeded',
    });
    expect(taken).toHaveLength(4);
    expect(await test.storedKeys()).toEqual([]);
    expect(await total()).toBe(0);
  });

  it('fit together, of however many that come at the same time', async () => {
    const coming = await Promise.allSettled(Array.from({ length: 20 }, () => keep('0123456789', 55)));
    const kept = coming.filter(({ status }) => status === 'fulfilled').length;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThanOrEqual(5);
    expect(await total()).toBe(kept * 10);
    // What was claimed for the others is there again.
    for (let more = kept; more < 5; more += 1) await keep('0123456789', 55);
    await expect(keep('0123456789', 55)).rejects.toMatchObject({ code: 'storage_limit_exceeded' });
  });

  it('are given back when content is discarded', async () => {
    const content = await store('0123456789', 15);
    expect(await total()).toBeGreaterThanOrEqual(10);
    await test.files.discard(content);
    expect(await total()).toBe(0);
  });

  it('count of files that nothing limits, and never keep those from being made', async () => {
    await keep('0123456789', 10);
    const output = await test.files.createFromStream({
      ...facts,
      purpose: 'batch_output',
      source: bytesOf('output'),
    });
    expect(await total()).toBe(16);
    await test.files.delete(output.id);
    expect(await total()).toBe(10);
  });

  it('are counted again from the list of files, and without what is not in it', async () => {
    const file = await keep('0123456789');
    const claim = { ownerId: OWNER, kind: 'file', id: 'file-lost' } as const;
    const options = { neededBytes: 5, wantedBytes: 5, limitBytes: 100, lapseMs: 60_000 };
    await test.index.storedBytes.claim(claim, options);
    // One that has come to its end counts no longer; one that is renewed does.
    await test.index.storedBytes.claim({ ...claim, id: 'file-dead' }, { ...options, lapseMs: 0 });
    await test.index.storedBytes.reconcile();
    expect(await total()).toBe(15);
    await test.index.storedBytes.release(claim);
    await test.loseRedis();
    expect(await total()).toBe(0);
    await test.files.rebuildIndex();
    expect(await total()).toBe(10);
    await test.files.delete(file.id);
    expect(await total()).toBe(0);
  });

  it('of uploads count part by part, then as the file, or no longer', async () => {
    const upload = { ...facts, bytes: 8, fileSeconds: 3_600 };
    await expect(test.uploads.create(upload, 7)).rejects.toMatchObject({ code: 'storage_limit_exceeded' });
    const { id } = await test.uploads.create(upload, 100);
    const first = await test.uploads.addPart(id, bytesOf('0123'), { limitBytes: 10 });
    expect(await total()).toBe(4);
    const before = await test.storedKeys();
    await expect(test.uploads.addPart(id, bytesOf('0123456'), { limitBytes: 10 })).rejects.toMatchObject({
      code: 'storage_limit_exceeded',
      storedBytes: 4,
    });
    expect(await test.storedKeys()).toEqual(before);
    const second = await test.uploads.addPart(id, bytesOf('4567'), { limitBytes: 10 });
    expect(await total()).toBe(8);
    await test.uploads.complete(id, { partIds: [first.id, second.id] });
    expect(await total()).toBe(8);

    const other = await test.uploads.create(upload);
    await test.uploads.addPart(other.id, bytesOf('0123'));
    expect(await total()).toBe(12);
    await test.uploads.cancel(other.id);
    expect(await total()).toBe(8);
  });

  it('of what expires count no longer', async () => {
    const content = await store('0123456789', 100);
    await test.files.keep(content, { ...facts, expiresAtSeconds: Math.floor(Date.now() / 1000) - 1 });
    expect(await total()).toBe(10);
    const { objectStore, index, files } = test;
    const upkeep = startFileUpkeep({ objectStore, index, files, logger, timings: { expireEveryMs: 20 } });
    await expect.poll(total, { timeout: 10_000 }).toBe(0);
    await upkeep.stop();
  });
});

describe('bytes of images of jobs', () => {
  let connection: QueueConnection;
  let index: FileIndex;
  beforeEach(async () => {
    connection = bench.newConnection();
    index = await openFileIndex({ connection, logger });
  });
  afterEach(async () => {
    await index.close();
    await bench.closeAll();
  });

  it('are checked and counted as the job is made, and gone with it', async () => {
    const [store, other] = [await bench.store(connection), await bench.store(connection)];
    const create = (imageBytes: number, through = store) =>
      through.createJob({
        record: newRecord({ ownerId: OWNER }),
        priority: 'normal',
        imageBytes,
        limits: { storedBytes: 100 },
      });
    const outcomes = await Promise.all(
      [store, other].flatMap((through) => Array.from({ length: 10 }, () => create(30, through))),
    );
    expect(outcomes.filter((outcome) => outcome.kind === 'created')).toHaveLength(3);
    expect(await create(11)).toEqual({ kind: 'store_full', storedBytes: 90, limitBytes: 100 });
    expect(await create(0)).toMatchObject({ kind: 'created' });
    expect(await index.storedBytes.total(OWNER)).toBe(90);
    const [made] = outcomes.filter((outcome) => outcome.kind === 'created');
    if (made?.kind !== 'created') throw new Error('no job was made');
    await store.requestCancel(made.record.id);
    expect(await index.storedBytes.total(OWNER)).toBe(90);
    await store.deleteJob(made.record.id);
    expect(await index.storedBytes.total(OWNER)).toBe(60);
  });

  it('do not count where the record is gone without a word', async () => {
    const store = await bench.store(connection);
    const record = newRecord({ ownerId: OWNER });
    await store.createJob({ record, priority: 'normal', imageBytes: 30 });
    await bench.client().del(`{${connection.prefix}}:job:${record.id}`);
    expect(await index.storedBytes.reconcile()).toEqual([`job:${record.id}`]);
    expect(await index.storedBytes.total(OWNER)).toBe(0);
  });
});
