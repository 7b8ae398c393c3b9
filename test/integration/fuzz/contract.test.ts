import { childEnvironment } from '@tessera/config';
import { type JobConsumer } from '@tessera/queue';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makePng } from '../api/pictures.js';
import { startStandInWorker } from '../api/stand-in-worker.js';
import { startTestApi, type TestApi } from '../api/start-test-api.js';
import { type FuzzedForm, type FuzzedRequest, fuzzedRequests, ID_PLACEHOLDER } from './requests.js';

/** The same requests every time; another seed is tried with TESSERA_FUZZ_SEED. */
const SEED = Number(childEnvironment()['TESSERA_FUZZ_SEED'] ?? 20_261_125);
const REQUEST_COUNT = 2_600;
const LONGEST_ANSWER_MS = 10_000;
/** Event streams, contents of files, lines of batches, the pages of the documentation. */
const BODIES_BESIDE_JSON = [
  'text/event-stream',
  'application/octet-stream',
  'application/jsonl',
  'text/html',
];

let redis: TestRedis;
let api: TestApi;
let worker: JobConsumer;
let png: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  redis = await startTestRedis();
  api = await startTestApi(redis, { TESSERA_MAX_WAIT_SECONDS: '1' });
  worker = await startStandInWorker(api);
  png = await makePng();
});
afterAll(async () => {
  await worker.drain(1_000);
  await api.close();
  await redis.stop();
});

interface FuzzedAnswer {
  status: number;
  path: string;
  /** The part before any parameter; absent where there is no body. */
  mediaType: string | undefined;
  /** Of a JSON answer. */
  body: unknown;
}

async function send(
  { method, target, headers, body }: FuzzedRequest,
  existing: string,
): Promise<FuzzedAnswer> {
  const url = api.url + target.replaceAll(ID_PLACEHOLDER, existing);
  const response = await fetch(url, {
    method,
    headers,
    signal: AbortSignal.timeout(LONGEST_ANSWER_MS),
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : toFormData(body) }),
  });
  const text = await response.text();
  const mediaType = response.headers.get('content-type')?.split(';', 1)[0];
  // As the request line has it: `fetch` resolves dots.
  return {
    status: response.status,
    path: new URL(url).pathname,
    mediaType,
    body: mediaType === 'application/json' ? (JSON.parse(text) as unknown) : undefined,
  };
}

describe('the API', () => {
  it(`answers ${REQUEST_COUNT} requests as its OpenAPI document says (seed ${SEED})`, async () => {
    const seen = { statuses: new Map<number, number>(), codes: new Set<string>() };
    const { body: first } = await api.client.createJob({ question: 'q' });
    /** The newest id of every kind, by the path that makes it. */
    const idOf = new Map([['/v1/jobs', first.id]]);
    const answersAsDocumented = fc.asyncProperty(
      fuzzedRequests(api.contract.document, png),
      async (request) => {
        const { status, path, mediaType, body } = await send(
          request,
          idOf.get(kindOf(request.target)) ?? 'none',
        );
        expect(status).toBeLessThan(500);
        if (mediaType === undefined || mediaType === 'application/json') {
          expect(api.contract.departures({ method: request.method, path, status, body })).toEqual([]);
        } else {
          expect(BODIES_BESIDE_JSON).toContain(mediaType);
        }
        if (status >= 400) seen.codes.add(codeOf(body));
        else if (request.method === 'POST' && path === kindOf(path)) {
          idOf.set(path, (body as { id: string }).id);
        }
        seen.statuses.set(status, (seen.statuses.get(status) ?? 0) + 1);
      },
    );
    await fc.assert(answersAsDocumented, { seed: SEED, numRuns: REQUEST_COUNT });
    console.log(`seed ${SEED}:`, Object.fromEntries(seen.statuses), [...seen.codes].sort().join(' '));
    // Were all of them refused for one reason, little would have been tried.
    expect(seen.statuses.get(202)).toBeGreaterThan(50);
    expect(seen.statuses.get(400)).toBeGreaterThan(100);
    expect(seen.codes.size).toBeGreaterThan(10);
  });
});

/** `/v1/jobs` of every path about jobs. */
function kindOf(path: string): string {
  return path.split(/[/?]/, 3).join('/');
}

function toFormData({ fields, file, isFileFirst }: FuzzedForm): FormData {
  const form = new FormData();
  const addFile = () => form.append(file.field, new Blob([new Uint8Array(file.bytes)]), file.filename);
  if (isFileFirst) addFile();
  for (const [name, text] of Object.entries(fields)) form.append(name, text);
  if (!isFileFirst) addFile();
  return form;
}

/** Every refusal is an error envelope or a job that failed, on paths of the document and elsewhere. */
function codeOf(body: unknown): string {
  const { error } = body as { error: { code: string; message: string } };
  expect(error).toMatchObject({
    code: expect.stringMatching(/^[a-z_]+$/) as string,
    message: expect.stringMatching(/./) as string,
  });
  return error.code;
}
