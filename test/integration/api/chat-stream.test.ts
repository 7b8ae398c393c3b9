import { type ChatCompletionChunk, type TokenLogprob } from '@tessera/contracts';
import { type AttemptResult, type JobAttempt, type JobConsumer } from '@tessera/queue';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { type EventSourceMessage } from 'eventsource-parser';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openAiClient } from './openai-client.js';
import { completed, startStandInWorker, TINY } from './stand-in-worker.js';
import { startTestApi, type TestApi } from './start-test-api.js';

let redis: TestRedis;
let api: TestApi;
let worker: JobConsumer | undefined;

beforeAll(async () => {
  redis = await startTestRedis();
  api = await startTestApi(redis, { TESSERA_MAX_STREAMS: '2' });
});
afterEach(async () => {
  await worker?.drain(0);
  worker = undefined;
  await expect.poll(() => api.jobKeys()).toEqual([]);
});
afterAll(async () => {
  await api.close();
  await redis.stop();
});

const question = { model: 'tiny', messages: [{ role: 'user' as const, content: 'q' }] };

async function answerWith(handle: (attempt: JobAttempt) => Promise<AttemptResult>): Promise<void> {
  worker = await startStandInWorker(api, handle);
}

/** The data of every event of a streamed completion. */
async function stream(body: object): Promise<string[]> {
  const response = await fetch(`${api.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...question, stream: true, ...body }),
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  expect(response.headers.get('x-request-id')).toMatch(/^req_/);
  if (response.body === null) throw new Error('no body');
  const events: EventSourceMessage[] = [];
  const parsed = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  for await (const event of parsed) events.push(event);
  expect(events.every(({ id, event }) => id === undefined && event === undefined)).toBe(true);
  return events.map(({ data }) => data);
}

/** The chunks of a stream that ends as it should. */
async function chunksOf(body: object): Promise<ChatCompletionChunk[]> {
  const events = await stream(body);
  expect(events.at(-1)).toBe('[DONE]');
  return events.slice(0, -1).map((data) => JSON.parse(data) as ChatCompletionChunk);
}

const textOf = (chunks: readonly ChatCompletionChunk[], index = 0): string =>
  chunks
    .flatMap(({ choices }) => choices)
    .filter((choice) => choice.index === index)
    .map(({ delta }) => delta.content ?? '')
    .join('');

describe('a streamed chat completion', () => {
  it('is OpenAI’s chunks, to the field', async () => {
    await answerWith(async (attempt) => {
      await attempt.publishText('A red ');
      return completed('A red square.');
    });
    const chunks = await chunksOf({ stream_options: { include_usage: true } });
    const [first] = chunks as [ChatCompletionChunk];
    const of = (...choices: object[]) => ({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f]{32}$/) as string,
      object: 'chat.completion.chunk',
      created: first.created,
      model: 'tiny',
      choices,
      usage: null,
      system_fingerprint: null,
    });
    const choice = { index: 0, delta: {}, logprobs: null, finish_reason: null };
    const known = { system_fingerprint: TINY.revision };
    expect(chunks).toEqual([
      of({ ...choice, delta: { role: 'assistant', content: '', refusal: null } }),
      of({ ...choice, delta: { content: 'A red ' } }),
      { ...of({ ...choice, delta: { content: 'square.' } }), ...known },
      { ...of({ ...choice, finish_reason: 'stop' }), ...known },
      {
        ...of(),
        ...known,
        usage: {
          prompt_tokens: 10,
          completion_tokens: 5,
          total_tokens: 15,
          prompt_tokens_details: { cached_tokens: 0, image_tokens: 0 },
        },
      },
    ]);
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  });

  it('says nothing of usage unless it is asked', async () => {
    await answerWith(async () => completed('x'));
    const chunks = await chunksOf({});
    expect(chunks.some((chunk) => 'usage' in chunk || chunk.choices.length === 0)).toBe(false);
  });

  it('brings every choice under its index, with all its log probabilities once', async () => {
    const tokens = ['a', 'b', 'c', ' '].map((token): TokenLogprob => ({
      token,
      logprob: -1,
      bytes: [...Buffer.from(token)],
      top_logprobs: [],
    }));
    await answerWith(async (attempt) => {
      await attempt.publishText('ab', { choice: 1, logprobs: tokens.slice(0, 2) });
      await attempt.publishText('a', { choice: 0, logprobs: tokens.slice(0, 1) });
      await attempt.publishText('c', { choice: 1, logprobs: tokens.slice(2, 3) });
      const outcome = completed('a');
      if (outcome.kind === 'failed') return outcome;
      const choices = [
        { text: 'a', finish_reason: 'stop' as const, logprobs: tokens.slice(0, 1) },
        { text: 'abc', finish_reason: 'length' as const, logprobs: tokens },
      ];
      return { kind: 'completed', answer: { ...outcome.answer, choices } };
    });
    const chunks = await chunksOf({ n: 2, logprobs: true });
    expect([textOf(chunks, 0), textOf(chunks, 1)]).toEqual(['a', 'abc']);
    const choices = chunks.flatMap((chunk) => chunk.choices);
    const sent = [0, 1].map((index) =>
      choices.filter((choice) => choice.index === index).flatMap(({ logprobs }) => logprobs?.content ?? []),
    );
    expect(sent).toEqual([tokens.slice(0, 1), tokens]);
    expect(choices.filter(({ delta }) => delta.role === 'assistant').map(({ index }) => index)).toEqual([
      0, 1,
    ]);
    const ends = choices.filter(({ finish_reason }) => finish_reason !== null);
    expect(ends.map(({ index, finish_reason }) => [index, finish_reason])).toEqual([
      [0, 'stop'],
      [1, 'length'],
    ]);
  });

  /** The first attempt writes and fails, the second writes and answers. */
  const answerAtTheSecondAttempt = (first: string, second: string): Promise<void> =>
    answerWith(async (attempt) => {
      if (attempt.record.attempts === 1) {
        await attempt.publishText(first);
        return { kind: 'failed', error: { code: 'engine_failed', message: 'm', retryable: true } };
      }
      await attempt.publishText(second);
      return completed(second);
    });

  it('goes on where it was, when another attempt writes the same', async () => {
    await answerAtTheSecondAttempt('A red ', 'A red square.');
    const chunks = await chunksOf({});
    expect(textOf(chunks)).toBe('A red square.');
  });

  it('ends with an error, when another attempt writes another text', async () => {
    await answerAtTheSecondAttempt('A red ', 'A blue square.');
    const events = await stream({});
    expect(events).not.toContain('[DONE]');
    expect(JSON.parse(events.at(-1) ?? '')).toMatchObject({
      error: { type: 'server_error', param: null, code: 'answer_diverged' },
    });
  });

  it('breaks off with the error of its job, as the client expects it', async () => {
    await answerWith(async (attempt) => {
      await attempt.publishText('A red ');
      return { kind: 'failed', error: { code: 'context_length_exceeded', message: 'm', retryable: false } };
    });
    let text = '';
    const reading = (async () => {
      const chunks = await openAiClient(api.url).chat.completions.create({ ...question, stream: true });
      for await (const { choices } of chunks) text += choices[0]?.delta.content ?? '';
    })();
    const failure = await reading.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OpenAI.APIError);
    expect(failure).toMatchObject({ code: 'context_length_exceeded', type: 'invalid_request_error' });
    expect(text).toBe('A red ');
  });

  it('takes one of the places for event streams until its client goes', async () => {
    const client = openAiClient(api.url);
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    await answerWith(async (attempt) => {
      await attempt.publishText('x');
      await released;
      return completed('x');
    });
    const open = () => client.chat.completions.create({ ...question, stream: true });
    const [first, second] = await Promise.all([open(), open()]);
    await expect(open()).rejects.toMatchObject({ status: 429, code: 'too_many_streams' });
    first.controller.abort();
    await expect.poll(async () => (await open().catch(() => undefined)) !== undefined).toBe(true);
    release();
    let text = '';
    for await (const { choices } of second) text += choices[0]?.delta.content ?? '';
    expect(text).toBe('x');
  });
});
