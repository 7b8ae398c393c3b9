import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  startTestRedis,
  temporaryDirectory,
  type TemporaryDirectory,
  type TestRedis,
} from '@tessera/testing';
import OpenAI, { toFile } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestApi, type TestApi } from './start-test-api.js';

const ROWS = '{"custom_id":"1"}\n{"custom_id":"2"}\n';

let redis: TestRedis;
let directory: TemporaryDirectory;
/** Two processes of one system. */
let first: TestApi;
let second: TestApi;
let openai: OpenAI;
let otherReplica: OpenAI;

beforeAll(async () => {
  redis = await startTestRedis();
  directory = await temporaryDirectory('tessera-openai');
  first = await startTestApi(redis);
  second = await startTestApi(redis, {
    TESSERA_DATA_DIR: first.config.data.directory,
    TESSERA_QUEUE_PREFIX: first.config.redis.prefix,
  });
  openai = clientOf(first);
  otherReplica = clientOf(second);
});
afterAll(async () => {
  await second.close();
  await first.close();
  await directory.remove();
  await redis.stop();
});

function clientOf({ url }: TestApi): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 });
}

async function fileOf(text: string, name = 'rows.jsonl'): Promise<string> {
  const path = join(directory.path, name);
  await writeFile(path, text);
  return path;
}

describe('the openai client', () => {
  it('uploads a stream, retrieves it, reads it through another process, and deletes it', async () => {
    const file = await openai.files.create({
      file: createReadStream(await fileOf(ROWS)),
      purpose: 'batch',
      expires_after: { anchor: 'created_at', seconds: 7_200 },
    });
    expect(file).toMatchObject({ filename: 'rows.jsonl', bytes: ROWS.length, status: 'processed' });
    expect(file.expires_at).toBe(file.created_at + 7_200);
    expect(await otherReplica.files.retrieve(file.id)).toEqual(file);
    const content = await otherReplica.files.content(file.id);
    expect(await content.text()).toBe(ROWS);
    expect(await openai.files.delete(file.id)).toEqual({ id: file.id, object: 'file', deleted: true });
    await expect(openai.files.retrieve(file.id)).rejects.toThrow(OpenAI.NotFoundError);
  });

  it('goes through all pages of a list by itself', async () => {
    const ids = [];
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      const file = await toFile(Buffer.from(name), `${name}.png`);
      ids.push((await openai.files.create({ file, purpose: 'vision' })).id);
    }
    const seen: string[] = [];
    for await (const { id } of otherReplica.files.list({ limit: 2, purpose: 'vision', order: 'asc' })) {
      seen.push(id);
    }
    expect([...seen].sort()).toEqual([...ids].sort());
  });

  it('gets a refusal as an error of the class that goes with it', async () => {
    const file = await toFile(Buffer.from('no JSON'), 'rows.jsonl');
    const refused = openai.files.create({ file, purpose: 'batch' });
    await expect(refused).rejects.toThrow(OpenAI.BadRequestError);
    await expect(refused).rejects.toMatchObject({ code: 'file_invalid', param: 'file' });
  });

  it('uploads in parts through both processes, out of order and side by side', async () => {
    const upload = await openai.uploads.create({
      filename: 'rows.jsonl',
      purpose: 'batch',
      bytes: ROWS.length,
      mime_type: 'application/jsonl',
    });
    expect(upload).toMatchObject({ object: 'upload', status: 'pending', file: null });
    expect(upload.expires_at).toBe(upload.created_at + 3_600);
    const [tail, head] = await Promise.all([
      openai.uploads.parts.create(upload.id, { data: await toFile(Buffer.from(ROWS.slice(5))) }),
      otherReplica.uploads.parts.create(upload.id, { data: await toFile(Buffer.from(ROWS.slice(0, 5))) }),
    ]);
    expect(head).toMatchObject({ object: 'upload.part', upload_id: upload.id });
    const completed = await otherReplica.uploads.complete(upload.id, {
      part_ids: [head.id, tail.id],
      md5: createHash('md5').update(ROWS).digest('hex'),
    });
    expect(completed).toMatchObject({ id: upload.id, status: 'completed', bytes: ROWS.length });
    const { file } = completed;
    expect(file).toMatchObject({
      object: 'file',
      filename: 'rows.jsonl',
      purpose: 'batch',
      bytes: ROWS.length,
    });
    expect(await (await openai.files.content(file?.id ?? '')).text()).toBe(ROWS);
  });

  it('cancels an upload', async () => {
    const upload = await openai.uploads.create({
      filename: 'a.png',
      purpose: 'vision',
      bytes: 3,
      mime_type: 'image/png',
    });
    expect(await openai.uploads.cancel(upload.id)).toMatchObject({ id: upload.id, status: 'cancelled' });
    const late = openai.uploads.parts.create(upload.id, { data: await toFile(Buffer.from('abc')) });
    await expect(late).rejects.toThrow(OpenAI.ConflictError);
  });
});
