import { resolveImageFile } from '@tessera/files';
import { UnknownCursorError } from '@tessera/queue';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bytesOf, OWNER_ID, readText, startTestFiles, type TestFiles } from './start-test-files.js';

const NEVER_SECONDS = 4_102_444_800;

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

function create(filename: string, facts: { id?: string; expiresAtSeconds?: number } = {}) {
  return test.files.createFromStream({
    ownerId: OWNER_ID,
    purpose: 'vision',
    filename,
    source: bytesOf('one ', filename),
    ...facts,
  });
}

async function namesOf(query: Partial<Parameters<TestFiles['files']['list']>[0]> = {}): Promise<string[]> {
  const { records } = await test.files.list({ ownerId: OWNER_ID, limit: 100, order: 'asc', ...query });
  return records.map(({ filename }) => filename);
}

describe('a file', () => {
  it('is found and listed by its owner alone', async () => {
    const record = await create('a.png');
    expect(await test.files.find(record.id, OWNER_ID)).toEqual(record);
    await expect(test.files.find(record.id, 'key_2')).rejects.toMatchObject({ code: 'file_not_found' });
    expect(await namesOf()).toEqual(['a.png']);
    expect(await namesOf({ ownerId: 'key_2' })).toEqual([]);
    expect(await namesOf({ ownerId: 'key_2', purpose: 'vision' })).toEqual([]);
    expect(await resolveImageFile(test.objectStore, record.id, 'key_2')).toBeUndefined();
  });

  it('is there with its record and content, and expires when the retention ends', async () => {
    const record = await create('a.png');
    expect(record).toMatchObject({ bytes: 9, purpose: 'vision', filename: 'a.png' });
    expect(record.expiresAtMs).toBe(record.createdAtMs + 3_600_000);
    expect(await test.files.get(record.id)).toEqual(record);
    expect(await readText(test.files, record.id)).toBe('one a.png');
    expect(await resolveImageFile(test.objectStore, record.id, OWNER_ID)).toEqual({
      key: `files/${record.id}/content`,
      bytes: 9,
    });
  });

  it('of a source that throws leaves nothing', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half');
      throw new Error('the line is dead');
    }
    const creating = test.files.createFromStream({
      ownerId: OWNER_ID,
      purpose: 'batch',
      filename: 'a.jsonl',
      source: broken(),
    });
    await expect(creating).rejects.toThrow('the line is dead');
    expect(await test.storedKeys()).toEqual([]);
    expect(await namesOf()).toEqual([]);
  });

  it('made again under its id replaces the first', async () => {
    const { id } = await create('first');
    await create('second', { id });
    expect(await namesOf()).toEqual(['second']);
    expect(await readText(test.files, id)).toBe('one second');
  });

  it('is gone once deleted, with all that the store had of it', async () => {
    const { id } = await create('a');
    expect(await test.files.delete(id)).toBe(true);
    expect(await test.files.get(id)).toBeUndefined();
    expect(await namesOf()).toEqual([]);
    expect(await test.storedKeys()).toEqual([]);
    expect(await test.files.delete(id)).toBe(false);
  });

  it('whose time is over is not found though nobody has removed it yet', async () => {
    const { id } = await create('old', { expiresAtSeconds: 1 });
    await create('new');
    expect(await test.files.get(id)).toBeUndefined();
    expect(await resolveImageFile(test.objectStore, id, OWNER_ID)).toBeUndefined();
    expect(await namesOf()).toEqual(['new']);
    expect(await test.storedKeys()).toHaveLength(4);
  });

  it.each(['', 'file-', 'file-../../x', `file-${'0'.repeat(32)}`])('of the id %j is unknown', async (id) => {
    expect(await test.files.get(id)).toBeUndefined();
    expect(await test.files.delete(id)).toBe(false);
    await expect(test.files.openContent(id)).rejects.toMatchObject({ code: 'file_not_found' });
  });
});

describe('the list of files', () => {
  it('pages in both orders, newest first unless asked, and within a purpose', async () => {
    const records = [];
    for (const name of ['a', 'b', 'c', 'd']) records.push(await create(name));
    await test.files.createFromStream({
      ownerId: OWNER_ID,
      purpose: 'batch',
      filename: 'e',
      source: bytesOf('{}'),
    });
    const inOrder = (await test.files.list({ ownerId: OWNER_ID, limit: 9, order: 'asc' })).records;
    const backwards = (await test.files.list({ ownerId: OWNER_ID, limit: 9, order: 'desc' })).records;
    expect(backwards).toEqual([...inOrder].reverse());
    expect(inOrder).toHaveLength(5);

    const ofPurpose = { order: 'asc', purpose: 'vision' } as const;
    const first = await test.files.list({ ownerId: OWNER_ID, ...ofPurpose, limit: 3 });
    const rest = await test.files.list({
      ownerId: OWNER_ID,
      ...ofPurpose,
      limit: 3,
      after: first.records[2]?.id ?? '',
    });
    expect(first.hasMore).toBe(true);
    expect(rest.hasMore).toBe(false);
    expect([...first.records, ...rest.records].map(({ id }) => id).sort()).toEqual(
      records.map(({ id }) => id).sort(),
    );
  });

  it('refuses to go on after a file that is not there', async () => {
    const after = `file-${'1'.repeat(32)}`;
    await expect(test.files.list({ ownerId: OWNER_ID, limit: 1, order: 'desc', after })).rejects.toThrow(
      UnknownCursorError,
    );
  });

  it('holds more records than one command of a script may have arguments', async () => {
    const record = await create('many');
    const ids = Array.from({ length: 9_000 }, (_none, n) => `file-${String(n).padStart(32, '0')}`);
    await Promise.all(ids.map((id) => test.index.put({ ...record, id })));
    const { records, hasMore } = await test.files.list({ ownerId: OWNER_ID, limit: 9_001, order: 'desc' });
    expect(new Set(records.map(({ id }) => id)).size).toBe(9_001);
    expect(hasMore).toBe(false);
  });
});

describe('an index that Redis has lost', () => {
  it('is made anew from the store, while files can be read all along', async () => {
    const record = await create('kept', { expiresAtSeconds: NEVER_SECONDS });
    await create('other');
    await test.objectStore.put('files/file-half/content', Buffer.from('no record'));
    await test.loseRedis();
    expect(await namesOf()).toEqual([]);
    expect(await test.files.get(record.id)).toEqual(record);
    expect(await test.files.rebuildIndex()).toBe(2);
    expect((await namesOf()).sort()).toEqual(['kept', 'other']);
  });
});

describe('Redis away', () => {
  it('does not cost a file that the store has taken', async () => {
    const own = await startTestRedis();
    const files = await startTestFiles(own);
    try {
      await own.kill();
      const source = bytesOf('x');
      const { id } = await files.files.createFromStream({
        ownerId: OWNER_ID,
        purpose: 'batch',
        filename: 'a.jsonl',
        source,
      });
      expect(await files.files.get(id)).toMatchObject({ filename: 'a.jsonl' });
      await expect(files.files.delete(id)).rejects.toMatchObject({ code: 'service_unavailable' });
      expect(await readText(files.files, id)).toBe('x');
    } finally {
      await files.close();
      await own.stop();
    }
  });
});
