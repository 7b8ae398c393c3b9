import { createHash } from 'node:crypto';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
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

const PARTS = ['{"a":1}\n', '{"b":', '2}\n'];
const WHOLE = PARTS.join('');

function createUpload(bytes = WHOLE.length) {
  return test.uploads.create({
    ownerId: OWNER_ID,
    filename: 'a.jsonl',
    purpose: 'batch',
    bytes,
    fileSeconds: 3_600,
  });
}

async function uploadParts(texts = PARTS): Promise<{ id: string; partIds: string[] }> {
  const { id } = await createUpload();
  const partIds: string[] = [];
  for (const text of texts) partIds.push((await test.uploads.addPart(id, bytesOf(text))).id);
  return { id, partIds };
}

describe('an upload', () => {
  it('becomes one file of its parts in the order of their list, and leaves no part', async () => {
    const { id, partIds } = await uploadParts([PARTS[2] ?? '', PARTS[0] ?? '', PARTS[1] ?? '']);
    const [third = '', first = '', second = ''] = partIds;
    const md5 = createHash('md5').update(WHOLE).digest('hex').toUpperCase();
    const { upload, file } = await test.uploads.complete(id, { partIds: [first, second, third], md5 });
    expect(upload.status).toBe('completed');
    expect(file).toMatchObject({ filename: 'a.jsonl', purpose: 'batch', bytes: WHOLE.length });
    expect(await readText(test.files, file.id)).toBe(WHOLE);
    expect((await test.storedKeys()).filter((key) => key.startsWith('uploads/'))).toEqual([]);
  });

  it('completed again with the same parts gives the same file, with others is refused', async () => {
    const { id, partIds } = await uploadParts();
    const { file } = await test.uploads.complete(id, { partIds });
    expect((await test.uploads.complete(id, { partIds })).file).toEqual(file);
    const other = test.uploads.complete(id, { partIds: [...partIds].reverse() });
    await expect(other).rejects.toMatchObject({ code: 'upload_finished' });
  });

  it('completed twice at once is one file', async () => {
    const { id, partIds } = await uploadParts();
    const both = await Promise.all([1, 2].map(() => test.uploads.complete(id, { partIds })));
    expect(new Set(both.map(({ file }) => file.id)).size).toBe(1);
    expect((await test.files.list({ ownerId: OWNER_ID, limit: 9, order: 'asc' })).records).toHaveLength(1);
  });

  it.each<[string, (partIds: string[]) => string[], RegExp]>([
    ['a part that it has not', () => [`part_${'0'.repeat(32)}`], /has no part/],
    ['a part twice', ([first = '']) => [first, first], /given twice/],
    ['fewer bytes than announced', ([first = '']) => [first], /16 bytes announced.* given 8/],
  ])('is not completed by a list with %s, and can be after', async (_case, choose, message) => {
    const { id, partIds } = await uploadParts();
    await expect(test.uploads.complete(id, { partIds: choose(partIds) })).rejects.toThrow(message);
    expect((await test.uploads.complete(id, { partIds })).upload.status).toBe('completed');
  });

  it('whose MD5 is another, or that is no JSON Lines, makes no file', async () => {
    const { id, partIds } = await uploadParts();
    const wrong = test.uploads.complete(id, { partIds, md5: '0'.repeat(32) });
    await expect(wrong).rejects.toMatchObject({ code: 'invalid_value', param: 'md5' });
    const reversed = test.uploads.complete(id, { partIds: [...partIds].reverse() });
    await expect(reversed).rejects.toMatchObject({ code: 'file_invalid' });
    expect((await test.storedKeys()).filter((key) => key.startsWith('files/'))).toEqual([]);
  });

  it('that is cancelled takes nothing more, and cancelling again changes nothing', async () => {
    const { id, partIds } = await uploadParts();
    expect((await test.uploads.cancel(id)).status).toBe('cancelled');
    expect((await test.uploads.cancel(id)).status).toBe('cancelled');
    expect(await test.storedKeys()).toEqual([]);
    await expect(test.uploads.addPart(id, bytesOf('x'))).rejects.toMatchObject({ code: 'upload_finished' });
    await expect(test.uploads.complete(id, { partIds })).rejects.toMatchObject({ code: 'upload_finished' });
  });

  it('cancelled while a part still comes keeps nothing of it', async () => {
    const { id } = await createUpload();
    async function* cancelledHalfway(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('{');
      await test.uploads.cancel(id);
      yield Buffer.from('}');
    }
    await expect(test.uploads.addPart(id, cancelledHalfway())).rejects.toMatchObject({
      code: 'upload_finished',
    });
    expect(await test.storedKeys()).toEqual([]);
  });

  it('takes neither an empty part nor far more bytes than announced', async () => {
    const { id } = await createUpload(1);
    await expect(test.uploads.addPart(id, bytesOf(''))).rejects.toMatchObject({ code: 'invalid_value' });
    await test.index.uploads.addPart(
      { uploadId: id, partId: 'part_big', bytes: 64 * 1024 * 1024 },
      { maxBytes: 2 + 64 * 1024 * 1024, maxParts: 10 },
    );
    await expect(test.uploads.addPart(id, bytesOf('abc'))).rejects.toThrow(/far more than the 1 bytes/);
    expect(await test.storedKeys()).toEqual([]);
  });

  it('is unknown by any other id', async () => {
    for (const id of ['', 'upload_1', `upload_${'0'.repeat(32)}`]) {
      await expect(test.uploads.get(id)).rejects.toMatchObject({ code: 'upload_not_found' });
    }
  });
});
