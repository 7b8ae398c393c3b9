import { type JobRequest, type TokenLogprob } from '@tessera/contracts';
import { type JobAttempt, type JobConsumer } from '@tessera/queue';
import { openFolderStore } from '@tessera/storage';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openAiClient } from './openai-client.js';
import { makePng, toDataUrl } from './pictures.js';
import { completed, startStandInWorker, TINY } from './stand-in-worker.js';
import { startTestApi, type TestApi } from './start-test-api.js';

type Body = OpenAI.ChatCompletionCreateParamsNonStreaming;

let redis: TestRedis;
let api: TestApi;
let client: OpenAI;
let worker: JobConsumer | undefined;
let png: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  redis = await startTestRedis();
  png = await makePng();
  api = await startTestApi(redis, { TESSERA_MODELS: 'tiny,org/model' });
  client = openAiClient(api.url);
});
afterEach(async () => {
  await worker?.drain(0);
  worker = undefined;
  // The answer is out, or the client has gone: nothing stays of either.
  await expect.poll(() => api.jobKeys()).toEqual([]);
  await expect.poll(async () => (await api.storedObjects()).filter((name) => /^\d/.test(name))).toEqual([]);
});
afterAll(async () => {
  await api.close();
  await redis.stop();
});

const question: Body = { model: 'tiny', messages: [{ role: 'user', content: 'What is it?' }] };

/** Has the worker answer, and gives what it was asked for. */
async function requestOf(body: object): Promise<JobRequest> {
  const requests: JobRequest[] = [];
  worker = await startStandInWorker(api, async ({ record }) => {
    requests.push(record.request);
    return completed('ok');
  });
  await client.chat.completions.create({ ...question, ...body });
  const [only] = requests as [JobRequest];
  expect(requests).toHaveLength(1);
  return only;
}

const imageUrl = (url: string, more: object = {}) => ({
  type: 'image_url' as const,
  image_url: { url, ...more },
});
const asking = (...images: ReturnType<typeof imageUrl>[]) => ({
  messages: [{ role: 'user', content: [...images, { type: 'text', text: 'q' }] }],
});

describe('a chat completion', () => {
  it('is OpenAI’s object, to the field', async () => {
    worker = await startStandInWorker(api);
    const { data, response } = await client.chat.completions
      .create({ ...question, user: 'u', store: false, metadata: { a: 'b' }, temperature: null })
      .withResponse();
    expect({ ...data }).toEqual({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f]{32}$/) as string,
      object: 'chat.completion',
      created: expect.closeTo(Date.now() / 1000, -2) as number,
      model: 'tiny',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'What is it? (0 images)', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 15,
        prompt_tokens_details: { cached_tokens: 0, image_tokens: 0 },
      },
      system_fingerprint: TINY.revision,
    });
    expect(data).toHaveProperty('_request_id', response.headers.get('x-request-id'));
    expect(
      api.contract.departures({ method: 'POST', path: '/v1/chat/completions', status: 200, body: data }),
    ).toEqual([]);
  });

  it('takes its own answer back for the next round', async () => {
    worker = await startStandInWorker(api);
    const messages: OpenAI.ChatCompletionMessageParam[] = [
      { role: 'developer', content: 'Be brief.' },
      { role: 'user', content: [imageUrl(toDataUrl(png)), { type: 'text', text: 'One?' }] },
    ];
    const first = await client.chat.completions.create({ ...question, messages });
    const message = first.choices[0]?.message;
    if (message === undefined) throw new Error('no choice');
    messages.push(message, {
      role: 'user',
      content: [imageUrl(toDataUrl(png)), { type: 'text', text: 'Two?' }],
    });
    const second = await client.chat.completions.create({ ...question, messages });
    expect(second.choices[0]?.message.content).toBe('Two? (2 images)');
  });

  it('gives the worker every field that says how to answer', async () => {
    const request = await requestOf({
      temperature: 0.5,
      top_p: 0.9,
      top_k: 5,
      min_p: 0.1,
      repetition_penalty: 1.1,
      presence_penalty: -1,
      frequency_penalty: 1,
      seed: 7,
      stop: 'x',
      n: 3,
      logprobs: true,
      top_logprobs: 2,
      max_tokens: 9,
    });
    expect(request).toEqual({
      model: 'tiny',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'What is it?' }] }],
      images: [],
      maxTokens: 9,
      sampling: {
        temperature: 0.5,
        topP: 0.9,
        topK: 5,
        minP: 0.1,
        repetitionPenalty: 1.1,
        presencePenalty: -1,
        frequencyPenalty: 1,
        seed: 7,
      },
      stop: ['x'],
      n: 3,
      logprobs: { top: 2 },
    });
  });

  it('is greedy where no temperature is given, and has a seed where one is', async () => {
    expect(await requestOf({ top_k: -1 })).not.toHaveProperty('sampling');
    await worker?.drain(0);
    expect((await requestOf({ temperature: 1 })).sampling).toEqual({
      temperature: 1,
      seed: expect.any(Number) as number,
    });
  });

  it.each([
    [
      'its own word before all others',
      { detail: 'high', max_dynamic_patch: 2 },
      { max_dynamic_patch: 3 },
      { maxTiles: 2 },
    ],
    ['the request’s before the detail', { detail: 'high' }, { max_dynamic_patch: 3 }, { maxTiles: 3 }],
    [
      'vLLM’s place last',
      {},
      { mm_processor_kwargs: { max_dynamic_patch: 4, min_dynamic_patch: 2 } },
      { maxTiles: 4, minTiles: 2 },
    ],
    [
      'the request’s before vLLM’s',
      {},
      { max_dynamic_patch: 3, mm_processor_kwargs: { max_dynamic_patch: 4 } },
      { maxTiles: 3 },
    ],
    ['its detail', { detail: 'original' }, {}, { maxTiles: 40 }],
    ['nothing', { detail: 'auto' }, {}, {}],
  ])('has the tile budget of an image by %s', async (_, image, body, expected) => {
    const { images } = await requestOf({ ...asking(imageUrl('https://example.com/a.png', image)), ...body });
    expect(images).toEqual([{ source: { kind: 'url', url: 'https://example.com/a.png' }, ...expected }]);
  });

  it('takes an uploaded file as an image, where it is', async () => {
    const { store: place } = api.config;
    if (place.kind !== 'folder') throw new Error('the test API has no folder store');
    const id = `file-${'a1'.repeat(16)}`;
    const store = await openFolderStore(place.directory);
    await store.put(`files/${id}/content`, png);
    const record = { id, bytes: png.length, createdAtMs: 1, filename: 'a.png', purpose: 'vision' };
    await store.put(`files/${id}/file.json`, Buffer.from(JSON.stringify(record)));
    const { images } = await requestOf(asking(imageUrl(id)));
    expect(images).toEqual([{ source: { kind: 'object', key: `files/${id}/content`, bytes: png.length } }]);
    // The file outlives the answer.
    expect(new Uint8Array(await store.get(`files/${id}/content`))).toEqual(png);
  });

  it('brings every choice with its log probabilities', async () => {
    const logprobs: TokenLogprob[] = [{ token: 'a', logprob: -0.5, bytes: [97], top_logprobs: [] }];
    worker = await startStandInWorker(api, async () => {
      const outcome = completed('a');
      const choices = [
        { text: 'a', finish_reason: 'stop' as const, logprobs },
        { text: 'b', finish_reason: 'length' as const, logprobs: [] },
      ];
      return outcome.kind === 'completed' ? { ...outcome, answer: { ...outcome.answer, choices } } : outcome;
    });
    const { choices } = await client.chat.completions.create({ ...question, n: 2, logprobs: true });
    expect(choices).toMatchObject([
      { index: 0, message: { content: 'a' }, logprobs: { content: logprobs, refusal: null } },
      { index: 1, message: { content: 'b' }, logprobs: { content: [] }, finish_reason: 'length' },
    ]);
  });
});

describe('the job behind a chat completion', () => {
  /** Attempts that end when they are aborted and not before. */
  async function startHangingWorker(): Promise<{ taken: Promise<JobAttempt> }> {
    let take: (attempt: JobAttempt) => void = () => undefined;
    const taken = new Promise<JobAttempt>((resolve) => (take = resolve));
    worker = await startStandInWorker(api, (attempt) => {
      take(attempt);
      return new Promise((_, reject) => {
        attempt.signal.addEventListener('abort', () => reject(attempt.signal.reason as Error));
      });
    });
    return { taken };
  }

  it('is in no list, and cannot be reached by its id', async () => {
    const controller = new AbortController();
    const gone = client.chat.completions
      .create(question, { signal: controller.signal })
      .catch((error: unknown) => error);
    const { record } = await (await startHangingWorker()).taken;
    for (const query of ['', '?status=in_progress']) {
      expect((await api.client.get<{ data: unknown[] }>(`/v1/jobs${query}`)).body.data).toEqual([]);
    }
    expect((await api.client.get(`/v1/jobs/${record.id}`)).status).toBe(404);
    expect((await api.client.get(`/v1/jobs/${record.id}/stream`)).status).toBe(404);
    expect((await api.client.post(`/v1/jobs/${record.id}/cancel`, {})).status).toBe(404);
    expect((await api.client.send('DELETE', `/v1/jobs/${record.id}`)).status).toBe(404);
    controller.abort();
    expect(await gone).toBeInstanceOf(OpenAI.APIUserAbortError);
  });

  it.each([false, true])('is cancelled when the client goes away (stream: %j)', async (stream) => {
    const controller = new AbortController();
    const gone = client.chat.completions
      .create({ ...question, ...asking(imageUrl(toDataUrl(png))), stream } as Body, {
        signal: controller.signal,
      })
      .catch((error: unknown) => error);
    const { signal } = await (await startHangingWorker()).taken;
    controller.abort();
    await gone;
    await expect.poll(() => signal.reason as unknown).toMatchObject({ abortReason: 'cancelled' });
  });

  it('is cancelled while it waits, when the client goes away', async () => {
    const controller = new AbortController();
    const gone = client.chat.completions
      .create({ ...question, ...asking(imageUrl(toDataUrl(png))) } as Body, { signal: controller.signal })
      .catch((error: unknown) => error);
    await expect.poll(() => api.jobKeys()).not.toEqual([]);
    controller.abort();
    await gone;
  });

  it.each([
    { code: 'image_not_found', status: 400, ErrorClass: OpenAI.BadRequestError, shouldRetry: 'false' },
    { code: 'engine_failed', status: 500, ErrorClass: OpenAI.InternalServerError, shouldRetry: null },
    { code: 'worker_crashed', status: 500, ErrorClass: OpenAI.InternalServerError, shouldRetry: 'false' },
  ] as const)('fails with $code as the answer would', async ({ code, status, ErrorClass, shouldRetry }) => {
    worker = await startStandInWorker(api, async () => ({
      kind: 'failed',
      error: { code, message: 'It failed.', retryable: false },
    }));
    for (const stream of [false, true]) {
      const failure = await client.chat.completions
        .create({ ...question, stream } as Body)
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(ErrorClass);
      expect(failure).toMatchObject({ status, code, param: null, error: { message: 'It failed.' } });
      const { headers } = failure as InstanceType<typeof ErrorClass>;
      expect(headers?.get('x-should-retry')).toBe(shouldRetry);
    }
  });
});

describe('GET /v1/models', () => {
  it('lists and finds models as the client expects, ids with a slash too', async () => {
    const models = [];
    for await (const { id } of client.models.list()) models.push(id);
    expect(models).toEqual(['org/model', 'tiny']);
    expect(await client.models.retrieve('org/model')).toMatchObject({ id: 'org/model', object: 'model' });
    const failure = await client.models.retrieve('org/other').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OpenAI.NotFoundError);
    expect(failure).toMatchObject({ code: 'model_not_found' });
  });
});

describe('a chat completion that nobody can answer', () => {
  it('expires', async () => {
    const impatient = await startTestApi(redis, { TESSERA_MAX_CHAT_SECONDS: '1' });
    const failure = await openAiClient(impatient.url)
      .chat.completions.create(question)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ status: 408, code: 'job_expired' });
    await expect.poll(() => impatient.jobKeys()).toEqual([]);
    await impatient.close();
  });

  it('is sent away when the process ends, and leaves nothing behind', async () => {
    const ending = await startTestApi(redis);
    const answer = openAiClient(ending.url)
      .chat.completions.create(question)
      .catch((error: unknown) => error);
    await expect.poll(() => ending.jobKeys()).not.toEqual([]);
    await ending.stop();
    expect(await answer).toMatchObject({ status: 503, code: 'service_unavailable' });
    expect(await ending.jobKeys()).toEqual([]);
    await ending.close();
  });
});
