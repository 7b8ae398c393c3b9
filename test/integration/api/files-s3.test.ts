import { once } from 'node:events';
import { type FileObject, type UploadObject, type UploadPartObject } from '@tessera/contracts';
import { startTestRedis, startTestS3, type TestRedis, type TestS3 } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { filePart, formHead, MULTIPART, multipartOf, textPart } from './multipart.js';
import { openConnection } from './raw-connection.js';
import { startTestApi, type TestApi } from './start-test-api.js';

/** More than one part of an upload to S3. */
const ROWS = '{"custom_id":"1"}\n'.repeat(500_000);

let redis: TestRedis;
let s3: TestS3;
let streaming: TestApi;
let redirecting: TestApi;

beforeAll(async () => {
  redis = await startTestRedis();
  s3 = await startTestS3();
  streaming = await startTestApi(redis, s3.settings('files'));
  redirecting = await startTestApi(redis, {
    ...s3.settings('files'),
    TESSERA_DOWNLOADS: 'redirect',
    TESSERA_QUEUE_PREFIX: streaming.config.redis.prefix,
  });
});
afterAll(async () => {
  await redirecting.close();
  await streaming.close();
  await s3.close();
  await redis.stop();
});

async function upload(): Promise<FileObject> {
  const body = new Uint8Array(multipartOf(filePart(ROWS, 'größe.jsonl'), textPart('purpose', 'batch')));
  return (await streaming.client.send<FileObject>('POST', '/v1/files', { headers: MULTIPART, body })).body;
}

describe('files in S3', () => {
  it('are streamed by the API, in ranges too', async () => {
    const { id, bytes } = await upload();
    expect(bytes).toBe(ROWS.length);
    const url = `${streaming.url}/v1/files/${id}/content`;
    expect((await (await fetch(url)).text()) === ROWS).toBe(true);
    const part = await fetch(url, { headers: { range: 'bytes=1-9' } });
    expect([part.status, await part.text()]).toEqual([206, ROWS.slice(1, 10)]);
  });

  it('are fetched from the store itself where the setting says so', async () => {
    const { id } = await upload();
    const url = `${redirecting.url}/v1/files/${id}/content`;
    const redirect = await fetch(url, { redirect: 'manual' });
    expect(redirect.status).toBe(302);
    expect(redirect.headers.get('location')).toContain(
      `${s3.endpoint}/${s3.bucket}/files/files/${id}/content?`,
    );
    const content = await fetch(url);
    expect((await content.text()) === ROWS).toBe(true);
    const streamed = await fetch(`${streaming.url}/v1/files/${id}/content`, { method: 'HEAD' });
    expect(content.headers.get('content-disposition')).toContain('gr%C3%B6%C3%9Fe.jsonl');
    expect(content.headers.get('content-disposition')).toBe(streamed.headers.get('content-disposition'));
  });

  it('are put together from parts', async () => {
    const upload = { filename: 'a.jsonl', purpose: 'batch', bytes: ROWS.length, mime_type: 'text/plain' };
    const { id } = (await streaming.client.post<UploadObject>('/v1/uploads', upload)).body;
    const partIds: string[] = [];
    for (const text of [ROWS.slice(0, 6_000_000), ROWS.slice(6_000_000)]) {
      const body = new Uint8Array(multipartOf(filePart(text, 'blob', 'data')));
      const path = `/v1/uploads/${id}/parts`;
      const part = await redirecting.client.send<UploadPartObject>('POST', path, {
        headers: MULTIPART,
        body,
      });
      partIds.push(part.body.id);
    }
    const completion = { part_ids: partIds };
    const { body } = await streaming.client.post<UploadObject>(`/v1/uploads/${id}/complete`, completion);
    const content = await fetch(`${streaming.url}/v1/files/${body.file?.id}/content`);
    expect((await content.text()) === ROWS).toBe(true);
  });

  it('that break off half-way leave no unfinished upload behind', async () => {
    const head = `POST /v1/files HTTP/1.1\r\nhost: a\r\ncontent-type: ${MULTIPART['content-type']}\r\n`;
    const socket = await openConnection(streaming.url, `${head}content-length: 90000000\r\n\r\n`);
    socket.write(formHead({ name: 'file', filename: 'a.bin' }, textPart('purpose', 'user_data')));
    socket.write(Buffer.alloc(20_000_000));
    await vi.waitFor(async () => expect(await s3.unfinishedUploads()).not.toEqual([]), { timeout: 10_000 });
    socket.destroy();
    await once(socket, 'close');
    await vi.waitFor(async () => expect(await s3.unfinishedUploads()).toEqual([]), { timeout: 10_000 });
  });

  it('cannot be taken while the store is away, and can be again when it is back', async () => {
    await s3.stop();
    const form = {
      headers: MULTIPART,
      body: new Uint8Array(multipartOf(textPart('purpose', 'vision'), filePart('x'))),
    };
    const refused = await streaming.client.send('POST', '/v1/files', form);
    expect(refused).toMatchObject({ status: 503, body: { error: { code: 'service_unavailable' } } });
    await s3.start();
    expect((await streaming.client.send('POST', '/v1/files', form)).status).toBe(200);
  });
});
