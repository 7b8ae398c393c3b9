import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { ADMIN_OWNER_ID, type ChatCompletion } from '@tessera/contracts';
import { contentKey, newFileId } from '@tessera/files';
import { freeLoopbackPort } from '@tessera/testing';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ResultLine, WorkerBench } from './worker-bench.js';

const SLOTS = 2;
let bench: WorkerBench;
let server: Server;
let picture: Buffer;
let worker: Awaited<ReturnType<WorkerBench['startWorker']>>;
let model: string;
/** Rows that the worker has in hand at most. */
let rowPlaces: number;
/** Requests for pictures that wait for {@link release}. */
const held: ServerResponse[] = [];
let isHolding = true;

beforeAll(async () => {
  const create = { width: 60, height: 40, channels: 3 as const, background: 'red' };
  picture = await sharp({ create }).png().toBuffer();
  server = createServer((request, response) => {
    if (request.url === '/held.png' && isHolding) held.push(response);
    else response.end(picture);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  bench = await WorkerBench.start({
    TESSERA_SLOTS: String(SLOTS),
    TESSERA_MAX_ATTEMPTS: '2',
    TESSERA_ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8',
  });
  worker = await bench.startWorker();
  model = worker.model.id;
  expect(worker.model.slotCount).toBeGreaterThanOrEqual(SLOTS);
  rowPlaces = (worker.model.slotCount ?? 0) + 3;
});
afterAll(async () => {
  await bench.close();
  server.close();
  server.closeAllConnections();
});

/** From now on pictures are sent at once. */
function release(): void {
  isHolding = false;
  for (const response of held.splice(0)) response.end(picture);
}

/** A batch whose rows have every place that rows may have, and wait for their pictures; more rows wait for a place. */
async function fillWithRows(): Promise<{ batch: string; rowCount: number }> {
  isHolding = true;
  const rowCount = rowPlaces + 5;
  const bodies = Array.from({ length: rowCount }, (_, row): [string, object] => [
    `row-${row}`,
    asking([serverUrl('held.png')]),
  ]);
  const batch = await bench.submitRows(model, Object.fromEntries(bodies));
  while (held.length < rowPlaces) await once(server, 'request');
  return { batch, rowCount };
}

const serverUrl = (path: string): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`;
const dataUrl = (bytes: Uint8Array): string =>
  `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`;

/** The body of a question about the pictures. */
const asking = (urls: readonly string[], options: object = {}) => ({
  messages: [
    {
      role: 'user',
      content: [
        ...urls.map((url) => ({ type: 'image_url', image_url: { url } })),
        { type: 'text', text: 'What colour is it?' },
      ],
    },
  ],
  max_completion_tokens: 6,
  ...options,
});

async function storeFile(bytes: Buffer, ownerId = ADMIN_OWNER_ID): Promise<string> {
  const id = newFileId();
  await bench.objectStore.put(contentKey(id), bytes);
  const facts = { id, ownerId, purpose: 'vision', filename: 'a.png' };
  const record = { ...facts, bytes: bytes.length, createdAtMs: Date.now() };
  await bench.objectStore.put(`files/${id}/file.json`, Buffer.from(JSON.stringify(record)));
  return id;
}

const error = (param: string | null, code: string) => ({
  error: { message: expect.any(String) as string, type: 'invalid_request_error', param, code },
});

describe('a worker', () => {
  it('answers the rows of a chunk, and refuses bad ones as the API would', async () => {
    const file = await storeFile(picture);
    const inline = dataUrl(picture);
    const results = await bench.results(
      await bench.submitRows(model, {
        text: asking([]),
        inline: asking([inline]),
        url: asking([serverUrl('a.png')]),
        file: asking([file]),
        several: asking([inline, file], { n: 2, temperature: 1, seed: 7 }),
        logprobs: asking([inline], { logprobs: true, top_logprobs: 2 }),
        'no field': asking([], { nonsense: 1 }),
        'no question': { messages: [] },
        'no image': asking([dataUrl(Buffer.from('not a picture'))]),
        'no file': asking([newFileId()]),
        'file of another owner': asking([await storeFile(picture, 'key_2')]),
        'no server': asking([`http://127.0.0.1:${await freeLoopbackPort()}/a.png`]),
        'no room': asking([], { max_completion_tokens: 100_000 }),
      }),
    );
    const completion = (row: string): ChatCompletion => {
      expect(results.get(row)).toMatchObject({
        status_code: 200,
        body: { object: 'chat.completion', model },
      });
      return results.get(row)?.body as ChatCompletion;
    };
    const answerOf = (row: string) => completion(row).choices[0]?.message.content;
    expect(completion('text').usage.prompt_tokens_details.image_tokens).toBe(0);
    expect(completion('inline').usage.prompt_tokens_details.image_tokens).toBeGreaterThan(0);
    expect([answerOf('url'), answerOf('file')]).toEqual([answerOf('inline'), answerOf('inline')]);
    expect(completion('several').choices.map(({ index }) => index)).toEqual([0, 1]);
    const logprobs = completion('logprobs').choices[0]?.logprobs?.content ?? [];
    expect(logprobs.map(({ top_logprobs }) => top_logprobs.length)).toEqual(logprobs.map(() => 2));
    expect(logprobs.length).toBeGreaterThan(0);

    const image = 'messages.0.content.0.image_url.url';
    expect(Object.fromEntries([...results].filter(([, { status_code }]) => status_code !== 200))).toEqual({
      'no field': { ...refusal(400), body: error('nonsense', 'unknown_parameter') },
      'no question': { ...refusal(400), body: error('messages', 'invalid_value') },
      'no image': { ...refusal(400), body: error(image, 'image_unreadable') },
      'no file': { ...refusal(400), body: error(image, 'image_not_found') },
      'file of another owner': { ...refusal(400), body: error(image, 'image_not_found') },
      'no server': { ...refusal(400), body: error(null, 'image_fetch_failed') },
      'no room': { ...refusal(400), body: error('messages', 'context_length_exceeded') },
    });
  });

  it('answers jobs while rows that wait for their pictures have every place that rows may have', async () => {
    const { batch, rowCount } = await fillWithRows();
    const question = { role: 'user' as const, content: [{ type: 'text' as const, text: 'What is it?' }] };
    const jobs = await Promise.all(
      Array.from({ length: 5 }, () => bench.ask({ model, messages: [question], images: [], maxTokens: 4 })),
    );
    expect(jobs.map((job) => job?.status)).toEqual(jobs.map(() => 'completed'));
    expect([held.length, await bench.isDone(batch)]).toEqual([rowPlaces, false]);
    release();
    expect(statuses(await bench.results(batch))).toEqual(Array(rowCount).fill(200));
  });

  it('that stops answers the rows that it has begun, and leaves the others to the next worker', async () => {
    const { batch, rowCount } = await fillWithRows();
    let fetched = rowPlaces;
    server.on('request', () => (fetched += 1));
    const stopped = worker.stop();
    await bench.untilNothingIsServed();
    release();
    await stopped;
    expect([fetched, await bench.isDone(batch)]).toEqual([rowPlaces, false]);
    await bench.startWorker();
    expect(statuses(await bench.results(batch))).toEqual(Array(rowCount).fill(200));
    expect(fetched).toBe(rowCount);
  });
});

function statuses(results: ReadonlyMap<string, ResultLine['response']>): number[] {
  return [...results.values()].map(({ status_code }) => status_code);
}

const refusal = (status: number) => ({ status_code: status, request_id: expect.any(String) as string });
