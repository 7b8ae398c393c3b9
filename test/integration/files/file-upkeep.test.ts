import { startFileUpkeep } from '@tessera/files';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { bytesOf, OWNER_ID, readText, startTestFiles, type TestFiles } from './start-test-files.js';

let redis: TestRedis;
let test: TestFiles;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  test = await startTestFiles(redis);
});
afterEach(() => test.close());

const FAST = { expireEveryMs: 5, uploadGraceMs: 0, sweepEveryMs: 5, orphanAfterMs: 0 };

/** Runs upkeep until the condition holds. */
async function upkeepUntil(
  condition: () => Promise<void>,
  timings: Partial<typeof FAST> = {},
): Promise<void> {
  const upkeep = startFileUpkeep({ ...test, timings: { ...FAST, ...timings } });
  try {
    await vi.waitFor(condition, { timeout: 10_000, interval: 5 });
  } finally {
    await upkeep.stop();
  }
}

function create(filename: string, expiresAtSeconds?: number) {
  const expiry = expiresAtSeconds === undefined ? {} : { expiresAtSeconds };
  return test.files.createFromStream({
    ownerId: OWNER_ID,
    purpose: 'vision',
    filename,
    source: bytesOf('x'),
    ...expiry,
  });
}

describe('upkeep', () => {
  it('removes expired files with their content, and no other', async () => {
    await create('old', 1);
    const record = await create('new');
    const { id } = record;
    await upkeepUntil(async () => {
      expect(await test.storedKeys()).toEqual([`files/${id}/content`, `files/${id}/file.json`]);
    });
    expect(await test.files.get(id)).toEqual(record);
  });

  it('keeps a file that was made anew with a later expiry, though the index has the earlier one', async () => {
    const record = await create('old');
    await test.index.put({ ...record, expiresAtMs: 1_000 });
    await upkeepUntil(async () => expect(await test.index.listExpired(9)).toEqual([]));
    expect(await test.files.get(record.id)).toEqual(record);
  });

  it('lists a file again that the index has lost', async () => {
    const record = await create('lost');
    await test.loseRedis();
    await upkeepUntil(async () => {
      expect((await test.files.list({ ownerId: OWNER_ID, limit: 9, order: 'asc' })).records).toEqual([
        record,
      ]);
    });
  });

  it('removes content that did not become a file, once it has been there for long', async () => {
    await test.files.storeContent(bytesOf('half'));
    const record = await create('whole');
    await upkeepUntil(async () => expect(await test.storedKeys()).toHaveLength(2));
    expect(await test.files.get(record.id)).toEqual(record);
  });

  it('leaves young content alone: its record may be about to come', async () => {
    const content = await test.files.storeContent(bytesOf('half'));
    const other = await create('other');
    await test.loseRedis();
    // The pass that lists the other file again has seen the content.
    const timings = { orphanAfterMs: 60_000 };
    await upkeepUntil(async () => expect(await test.index.missing([other.id])).toEqual([]), timings);
    await test.files.keep(content, { ownerId: OWNER_ID, purpose: 'vision', filename: 'a' });
    expect(await readText(test.files, content.id)).toBe('half');
  });

  it('ends uploads whose time is over and removes their parts', async () => {
    const upload = {
      ownerId: OWNER_ID,
      filename: 'a',
      purpose: 'vision',
      bytes: 4,
      fileSeconds: 60,
    } as const;
    const open = await test.uploads.create(upload);
    const kept = await test.uploads.addPart(open.id, bytesOf('kept'));
    const record = { ...open, id: `upload_${'1'.repeat(32)}`, expiresAtMs: Date.now() - 1 };
    await test.index.uploads.create(record);
    await test.objectStore.put(`uploads/${record.id}/parts/part_1`, Buffer.from('left'));
    expect((await test.uploads.get(record.id)).record.status).toBe('expired');
    await upkeepUntil(async () => {
      expect(await test.storedKeys()).toEqual([`uploads/${open.id}/parts/${kept.id}`]);
    });
    await expect(test.uploads.cancel(record.id)).rejects.toMatchObject({ code: 'upload_finished' });
  });

  it('removes parts of uploads that Redis no longer knows', async () => {
    await test.objectStore.put('uploads/upload_lost/parts/part_1', Buffer.from('left'));
    await upkeepUntil(async () => expect(await test.storedKeys()).toEqual([]));
  });
});
