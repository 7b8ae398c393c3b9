import { createReadStream, readFileSync } from 'node:fs';
import path from 'node:path';
import { ensureConvertedModel } from '@tessera/converter';
import { Engine, type GenerationChoice, type GenerationRequest } from '@tessera/engine';
import { findRepositoryRoot } from '@tessera/testing';
import { Redis } from 'ioredis';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, readQuestions, TINY_CHECKPOINT } from '../../integration/engine/tiny-engine.js';
import { LocalHttp } from './local-http.js';
import { startSystem, type System } from './system.js';

type Body = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'stream'>;
type Message = OpenAI.ChatCompletionMessageParam;

const [first, second] = readQuestions() as [
  ReturnType<typeof readQuestions>[0],
  ReturnType<typeof readQuestions>[0],
];
const pictureFile = (name: string): string =>
  path.join(findRepositoryRoot(), 'test', 'golden', 'evaluation', 'pictures', name);
const dataUrl = (name: string): string =>
  `data:image/${path.extname(name).slice(1)};base64,${readFileSync(pictureFile(name)).toString('base64')}`;
const shown = (url: string): OpenAI.ChatCompletionContentPart => ({ type: 'image_url', image_url: { url } });
const asking = (question: string, ...urls: string[]): Message => ({
  role: 'user',
  content: [...urls.map(shown), { type: 'text', text: question }],
});

describe('chat completions, through the openai client,', () => {
  let system: System;
  let local: LocalHttp;
  let engine: Engine;
  let client: OpenAI;

  beforeAll(async () => {
    local = await LocalHttp.start(({ path: requested }) =>
      requested === `/${first.picture}`
        ? { status: 200, body: readFileSync(pictureFile(first.picture)) }
        : { status: 404 },
    );
    system = await startSystem();
    client = new OpenAI({ baseURL: `${system.url}/v1`, apiKey: 'none' });
    const cacheDirectory = path.join(system.dataDirectory, 'models');
    const log = (): void => undefined;
    engine = await Engine.load({
      modelDirectory: await ensureConvertedModel({ source: TINY_CHECKPOINT, cacheDirectory, log }),
      device: 'cpu',
      threads: 1,
      slotCount: 4,
    });
  });
  afterAll(async () => {
    await engine.close();
    await system.stop();
    await local.close();
  });

  const create = (body: Omit<Body, 'model'>): Promise<OpenAI.ChatCompletion> =>
    client.chat.completions.create({ model: 'tessera-tiny', ...body });
  const aloud = { messages: [asking(first.question, dataUrl(first.picture))] };
  /** What the engine says to the same question in this process. */
  const generate = async (options: Partial<GenerationRequest>) =>
    engine.generate({ ...(await ask([first.picture], first.question)), ...options });

  it('answer as the reference does, whole and streamed', async () => {
    const answer = await create(aloud);
    expect(answer.choices[0]?.message.content).toBe(first.reference);
    expect(answer.usage?.prompt_tokens_details).toMatchObject({ image_tokens: 16 * first.tiles });
    const runner = client.chat.completions.stream({
      model: 'tessera-tiny',
      ...aloud,
      stream_options: { include_usage: true },
    });
    let deltas = '';
    runner.on('content', (delta) => (deltas += delta));
    const streamed = await runner.finalChatCompletion();
    expect(streamed.choices[0]?.message.content).toBe(first.reference);
    expect(deltas).toBe(first.reference);
    expect(streamed.choices[0]?.finish_reason).toBe('stop');
    expect(streamed.usage).toMatchObject({
      prompt_tokens: answer.usage?.prompt_tokens,
      completion_tokens: answer.usage?.completion_tokens,
    });
    expect(streamed.system_fingerprint).toBe(answer.system_fingerprint);
  });

  it('fetch images, and show several in several rounds', async () => {
    const fetched = await create({ messages: [asking(first.question, `${local.url}/${first.picture}`)] });
    expect(fetched.choices[0]?.message.content).toBe(first.reference);
    const messages = [asking(first.question, dataUrl(first.picture), dataUrl(second.picture))];
    const opening = await create({ messages });
    const request = await ask([first.picture, second.picture], first.question);
    const expected = await engine.generate(request);
    expect(opening.choices[0]?.message.content).toBe(expected.text);
    const reply = opening.choices[0]?.message;
    if (reply === undefined) throw new Error('no choice');
    const next = await create({ messages: [...messages, reply, asking(second.question)] });
    const both = await engine.generate({
      ...request,
      messages: [
        ...request.messages,
        { role: 'assistant', content: [{ type: 'text', text: expected.text }] },
        { role: 'user', content: [{ type: 'text', text: second.question }] },
      ],
    });
    expect(next.choices[0]?.message.content).toBe(both.text);
    const missing = await create({ messages: [asking('q', `${local.url}/none.png`)] }).catch(
      (error: unknown) => error,
    );
    expect(missing).toBeInstanceOf(OpenAI.BadRequestError);
    expect(missing).toMatchObject({ code: 'image_not_found', type: 'invalid_request_error' });
  });

  it('take an uploaded file as an image', async () => {
    const file = await client.files.create({
      file: createReadStream(pictureFile(first.picture)),
      purpose: 'vision',
    });
    const answer = await create({ messages: [asking(first.question, file.id)] });
    expect(answer.choices[0]?.message.content).toBe(first.reference);
    await client.files.delete(file.id);
    await expect(create({ messages: [asking(first.question, file.id)] })).rejects.toMatchObject({
      status: 400,
      code: 'image_not_found',
      param: 'messages.0.content.0.image_url.url',
    });
  });

  const publicLogprobs = ({ logprobs = [] }: GenerationChoice) =>
    logprobs.map(({ bytes, logprob, top }) => ({
      bytes: [...bytes],
      logprob,
      top: top.map((token) => [[...token.bytes], token.logprob]),
    }));
  const sentLogprobs = ({ logprobs }: OpenAI.ChatCompletion.Choice) =>
    (logprobs?.content ?? []).map(({ bytes, logprob, top_logprobs }) => ({
      bytes,
      logprob,
      top: top_logprobs.map((token) => [token.bytes, token.logprob]),
    }));

  it('draw as the engine does: choices, seeds and log probabilities', async () => {
    const body = { ...aloud, temperature: 2, seed: 5, n: 3, logprobs: true, top_logprobs: 2 };
    const answer = await create({ ...body, max_completion_tokens: 20 });
    const { choices } = await generate({
      sampling: { temperature: 2, seed: 5 },
      n: 3,
      logprobs: { top: 2 },
      maxTokens: 20,
    });
    expect(answer.choices.map(({ message }) => message.content)).toEqual(choices.map(({ text }) => text));
    for (const [index, choice] of answer.choices.entries()) {
      const sent = sentLogprobs(choice);
      const expected = publicLogprobs(choices[index] as GenerationChoice);
      expect(sent.map(({ bytes }) => bytes)).toEqual(expected.map(({ bytes }) => bytes));
      for (const [token, { logprob }] of sent.entries())
        expect(logprob).toBeCloseTo(expected[token]?.logprob ?? NaN, 3);
      expect(sent.every(({ top }) => top.length === 2)).toBe(true);
    }
    const streamed = await client.chat.completions
      .stream({ model: 'tessera-tiny', ...body, max_completion_tokens: 20 })
      .finalChatCompletion();
    expect(streamed.choices.map(({ message }) => message.content)).toEqual(
      answer.choices.map(({ message }) => message.content),
    );
    expect(streamed.choices.map(sentLogprobs).map((tokens) => tokens.map(({ bytes }) => bytes))).toEqual(
      answer.choices.map(sentLogprobs).map((tokens) => tokens.map(({ bytes }) => bytes)),
    );
  });

  it('stop where they are told to', async () => {
    const [before] = first.reference.split(' on ');
    const stopped = await create({ ...aloud, stop: [' on '] });
    expect(stopped.choices[0]).toMatchObject({ message: { content: before }, finish_reason: 'stop' });
    const short = await create({ ...aloud, max_tokens: 2 });
    expect(short.choices[0]?.finish_reason).toBe('length');
    expect(short.usage?.completion_tokens).toBe(2);
  });

  it('leave nothing in the queue when the client goes away', async () => {
    const redis = new Redis(system.redis.url);
    const jobKeys = () => redis.keys('{tessera}:job*');
    try {
      await expect.poll(jobKeys, { message: 'of answers that are out' }).toEqual([]);
      await system.worker.kill();
      const controller = new AbortController();
      const given = client.chat.completions
        .create({ model: 'tessera-tiny', ...aloud }, { signal: controller.signal })
        .catch((error: unknown) => error);
      await expect.poll(() => redis.zcard('{tessera}:jobs:queued')).toBe(1);
      controller.abort();
      expect(await given).toBeInstanceOf(OpenAI.APIUserAbortError);
      await expect.poll(jobKeys).toEqual([]);
      await system.start('worker').logged('started');
      expect((await create(aloud)).choices[0]?.message.content).toBe(first.reference);
      const waiting = await redis.keys('{tessera}:*:wait');
      expect(waiting, 'queue entries').toEqual([]);
    } finally {
      redis.disconnect();
    }
  });
});
