import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { type FileObject } from '@tessera/contracts';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { formEnd, formHead, MULTIPART, textPart } from './multipart.js';
import { openConnection, readAnswer } from './raw-connection.js';
import { startTestApi, type TestApi } from './start-test-api.js';

/** Far more than a process may hold of it. */
const LARGE_FILE_BYTES = 200_000_000;
const LARGEST_GROWTH_BYTES = 80_000_000;
const PIECE = new Uint8Array(1_000_000).fill(0x20);
const IDLE_TIMEOUT_MS = 1_000;

let redis: TestRedis;
let api: TestApi;

beforeAll(async () => {
  redis = await startTestRedis();
  api = await startTestApi(redis, {
    TESSERA_REQUEST_TIMEOUT_MS: '1000',
    TESSERA_UPLOAD_IDLE_TIMEOUT_MS: String(IDLE_TIMEOUT_MS),
    TESSERA_MAX_BODY_BYTES: '1024',
  });
});
afterAll(async () => {
  await api.close();
  await redis.stop();
});

const head = formHead({ name: 'file', filename: 'a.bin' }, textPart('purpose', 'user_data'));

function requestHead(...headers: string[]): string {
  const type = `content-type: ${MULTIPART['content-type']}`;
  return ['POST /v1/files HTTP/1.1', 'host: a', type, ...headers, '', ''].join('\r\n');
}

function chunkOf(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

/** Bytes that the process holds, of which the garbage collector knows only that they are reachable. */
function heldBytes(): number {
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}

/** A form with a file of that many bytes, made as it is read. */
async function* largeForm(onPiece: () => void): AsyncGenerator<Uint8Array> {
  yield head;
  for (let sent = 0; sent < LARGE_FILE_BYTES; sent += PIECE.length) {
    onPiece();
    yield PIECE;
  }
  yield Buffer.from('\r\n');
  yield formEnd();
}

describe('a file of 200 MB', () => {
  it('goes into the store and out of it without being held in memory', async () => {
    const before = heldBytes();
    let most = 0;
    const watch = () => (most = Math.max(most, heldBytes() - before));
    const response = await fetch(`${api.url}/v1/files`, {
      method: 'POST',
      headers: MULTIPART,
      body: ReadableStream.from(largeForm(watch)),
      duplex: 'half',
    });
    const file = (await response.json()) as FileObject;
    expect(file.bytes).toBe(LARGE_FILE_BYTES);
    let byteCount = 0;
    const content = await fetch(`${api.url}/v1/files/${file.id}/content`);
    for await (const piece of content.body ?? []) {
      byteCount += (piece as Uint8Array).length;
      watch();
    }
    expect(byteCount).toBe(LARGE_FILE_BYTES);
    // Both ends are in this process.
    expect(most).toBeLessThan(LARGEST_GROWTH_BYTES);
    await api.client.send('DELETE', `/v1/files/${file.id}`);
  });
});

describe('an upload', () => {
  it('may take longer than any other request, as long as its bytes go on coming', async () => {
    const socket = await openConnection(
      api.url,
      requestHead('transfer-encoding: chunked', 'connection: close'),
    );
    socket.write(chunkOf(head));
    for (let n = 0; n < 4; n += 1) {
      await setTimeout(IDLE_TIMEOUT_MS / 2);
      socket.write(chunkOf(Buffer.from('still here ')));
    }
    socket.write(Buffer.concat([chunkOf(Buffer.from('\r\n')), chunkOf(formEnd()), Buffer.from('0\r\n\r\n')]));
    const answer = await readAnswerOf(socket);
    expect(answer).toContain('HTTP/1.1 200');
    expect(answer).toContain('"bytes":44');
  });

  it.each([
    ['chunked', 'transfer-encoding: chunked', chunkOf(head)],
    ['with a Content-Length that it does not reach', 'content-length: 100000', head],
  ])('%s that stands still is ended and leaves nothing', async (_case, header, bytes) => {
    const before = await api.storedObjects();
    const socket = await openConnection(api.url, requestHead(header));
    socket.write(bytes);
    expect(await readAnswer(socket)).toMatchObject({
      status: 408,
      body: { error: { code: 'request_timeout', message: expect.stringContaining('1000 ms') as string } },
    });
    await vi.waitFor(async () => expect(await api.storedObjects()).toEqual(before));
  });

  it('that breaks off half-way leaves nothing', async () => {
    const before = await temporaryAndStored();
    const socket = await openConnection(api.url, requestHead('content-length: 9000000'));
    socket.write(Buffer.concat([head, PIECE]));
    await vi.waitFor(async () => expect(await temporaryAndStored()).not.toEqual(before));
    socket.destroy();
    await once(socket, 'close');
    await vi.waitFor(async () => expect(await temporaryAndStored()).toEqual(before));
  });

  it('whose Content-Length is shorter than its form is refused and leaves nothing', async () => {
    const before = await api.storedObjects();
    const socket = await openConnection(
      api.url,
      requestHead(`content-length: ${head.length + 10}`, 'connection: close'),
    );
    socket.write(Buffer.concat([head, Buffer.from('more than ten bytes\r\n'), formEnd()]));
    expect(await readAnswerOf(socket)).toMatch(/^HTTP\/1\.1 400 [^]*"code":"invalid_request"/);
    // What follows the body is no request, which may be told before the body is through.
    await vi.waitFor(async () => expect(await api.storedObjects()).toEqual(before));
  });

  it('that is announced as larger than a file may be is refused at once', async () => {
    const socket = await openConnection(api.url, requestHead('content-length: 10000000000000'));
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 [^]*"code":"file_too_large"/);
    socket.destroy();
  });
});

describe('a download', () => {
  it('that the client gives up does the API no harm', async () => {
    const response = await fetch(`${api.url}/v1/files`, {
      method: 'POST',
      headers: MULTIPART,
      body: new Uint8Array(
        Buffer.concat([head, ...Array<Uint8Array>(20).fill(PIECE), Buffer.from('\r\n'), formEnd()]),
      ),
    });
    const { id } = (await response.json()) as FileObject;
    const giveUp = new AbortController();
    const content = await fetch(`${api.url}/v1/files/${id}/content`, { signal: giveUp.signal });
    await content.body?.getReader().read();
    giveUp.abort();
    expect(await api.client.send('DELETE', `/v1/files/${id}`)).toMatchObject({ status: 200 });
    expect(api.logLines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
  });
});

/** All files of the store, half-written ones included. */
async function temporaryAndStored(): Promise<string[]> {
  return (await api.storedObjects()).sort();
}

async function readAnswerOf(socket: Awaited<ReturnType<typeof openConnection>>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of socket as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}
