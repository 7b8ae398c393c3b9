import { once } from 'node:events';
import { linesSoFar } from '@tessera/batches';
import { ADMIN_OWNER_ID, type OwnerUsageObject } from '@tessera/contracts';
import { type ObjectStore } from '@tessera/storage';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { answered, type BatchSystem, inputLines, refused, type ResultLine } from '../batches/batch-bench.js';
import { systemOfApi } from '../batches/system-of-api.js';
import { openConnection } from './raw-connection.js';
import { startTestApi, type TestApi } from './start-test-api.js';

let redis: TestRedis;
let api: TestApi;
let system: BatchSystem;
const closers: (() => Promise<unknown>)[] = [];
const stopWorkers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  redis = await startTestRedis();
  // A limit, so that requests under way are counted.
  api = await startTestApi(redis, { TESSERA_LIMIT_CONCURRENT_REQUESTS: '100' });
  system = await systemOfApi(api, redis.url, closers);
  await system.startDispatcher();
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const stop of stopWorkers.splice(0)) await stop();
});
afterAll(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await api.close();
  await redis.stop();
});

/** A worker that holds all rows from a number on until it is let go; rows that end in 3 fail. */
async function startHoldingWorker(heldFrom: number): Promise<() => void> {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const worker = await system.startWorker(async ({ customId }) => {
    if (Number(customId.replace('row-', '')) >= heldFrom) await released;
    return customId.endsWith('3') ? refused : answered();
  });
  stopWorkers.push(() => worker.drain(0));
  return release;
}

/** Holds the part files back from the one with this number on, counted from 1, until they are let go. */
function holdReads(from: number): { keys: readonly string[]; release: () => void } {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const keys: string[] = [];
  const store = Object.getPrototypeOf(system.parts.objectStore) as ObjectStore;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called below with the `this` that the spy gets
  const { get } = store;
  vi.spyOn(store, 'get').mockImplementation(async function (this: ObjectStore, key) {
    if (key.includes('/parts/') && keys.push(key) >= from) await released;
    return get.call(this, key);
  });
  return { keys, release };
}

const idsOf = (text: string): string[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as ResultLine).custom_id);
const rows = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `row-${from + index}`);
const urlOf = (id: string, name: string) => `${api.url}/v1/batches/${id}/${name}`;

describe('GET /v1/batches/{id}/output and /errors', () => {
  it('give the lines of committed chunks while the batch runs, then its files', async () => {
    const release = await startHoldingWorker(20);
    const id = await system.submit(inputLines(60), { ownerId: ADMIN_OWNER_ID });
    // Chunks of eight rows, until the speed is known.
    await vi.waitUntil(async () => (await system.get(id)).completed === 14);
    const output = await fetch(urlOf(id, 'output'));
    expect([output.status, output.headers.get('content-type')]).toEqual([200, 'application/jsonl']);
    expect(idsOf(await output.text())).toEqual(rows(0, 16).filter((name) => !name.endsWith('3')));
    expect(idsOf(await (await fetch(urlOf(id, 'errors'))).text())).toEqual(['row-3', 'row-13']);
    const head = await fetch(urlOf(id, 'output'), { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'application/jsonl']);

    release();
    const { outputFileId } = await system.final(id);
    const redirect = await fetch(urlOf(id, 'output'), { redirect: 'manual' });
    expect(redirect.status).toBe(302);
    const location = new URL(redirect.headers.get('location') ?? '', urlOf(id, 'output'));
    expect(location.href).toBe(`${api.url}/v1/files/${outputFileId}/content`);
    expect(idsOf(await (await fetch(urlOf(id, 'output'))).text())).toHaveLength(54);
  });

  it('are read no further once the client has closed the connection', async () => {
    const release = await startHoldingWorker(32);
    const id = await system.submit(inputLines(60), { ownerId: ADMIN_OWNER_ID });
    // Four chunks, of which rows 3, 13 and 23 fail.
    await vi.waitUntil(async () => (await system.get(id)).completed === 29, { timeout: 5_000 });
    const reads = holdReads(2);
    const socket = await openConnection(api.url, `GET /v1/batches/${id}/output HTTP/1.1\r\nHost: a\r\n\r\n`);
    await once(socket, 'data');
    await vi.waitUntil(() => reads.keys.length === 2, { timeout: 5_000 });
    socket.destroy();
    // Nothing is under way but the question itself.
    const underWay = async () =>
      (await api.client.get<OwnerUsageObject>('/v1/usage')).body.concurrent_requests.used;
    await expect.poll(underWay, { timeout: 5_000 }).toBe(1);
    reads.release();
    // Whatever would read on has done so by the time that another answer is there.
    expect(idsOf(await (await fetch(urlOf(id, 'errors'))).text())).toEqual(['row-3', 'row-13', 'row-23']);
    expect(reads.keys.filter((key) => key.endsWith('.output.jsonl'))).toHaveLength(2);
    release();
    await system.final(id);
  });

  it('are empty while nothing has run', async () => {
    const other = await startTestApi(redis);
    const { body } = await other.client.post<{ id: string }>('/v1/batches', {
      ...{ input_file_id: 'file-x', endpoint: '/v1/chat/completions', completion_window: '24h' },
    });
    const answer = await fetch(`${other.url}/v1/batches/${body.id}/output`);
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    await other.close();
  });

  it.each(['output', 'errors'])('know no %s of a batch that does not exist', async (name) => {
    const answer = await api.client.get(`/v1/batches/batch_${'0'.repeat(32)}/${name}`);
    expect(answer).toMatchObject({ status: 404, body: { error: { code: 'batch_not_found' } } });
  });
});

describe('a reader of the lines so far', () => {
  it.each([0, 1])('that has read %i parts when the batch ends misses no line', async (partCount) => {
    const release = await startHoldingWorker(20);
    const id = await system.submit(inputLines(60), { ownerId: ADMIN_OWNER_ID });
    await vi.waitUntil(async () => (await system.get(id)).completed === 14);
    const lines = linesSoFar(id, 'output', system.parts);
    const read: Uint8Array[] = [];
    for (let part = 0; part < partCount; part++) read.push((await lines.next()).value as Uint8Array);
    release();
    const batch = await system.final(id);
    // At the latest now its part files are gone.
    await system.parts.objectStore.deletePrefix(`batches/${id}/parts/`);
    for await (const bytes of lines) read.push(bytes);
    const whole = (await system.lines(batch.outputFileId)).map(({ custom_id }) => custom_id);
    expect(whole).toHaveLength(54);
    expect(idsOf(Buffer.concat(read).toString('utf8'))).toEqual(whole);
  });
});
