import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Job, type JobEvent } from '@tessera/contracts';
import { findRepositoryRoot } from '@tessera/testing';
import pLimit from 'p-limit';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalHttp } from './local-http.js';
import { startSystem, type System } from './system.js';

interface Question {
  picture: string;
  width: number;
  height: number;
  question: string;
  reference: string;
  grid: [columns: number, rows: number];
  tiles: number;
}

const evaluation = path.join(findRepositoryRoot(), 'test', 'golden', 'evaluation');
const questions = readFileSync(path.join(evaluation, 'questions.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Question);
const [first, second] = questions as [Question, Question];
const picture = ({ picture: name }: Question): string => path.join(evaluation, 'pictures', name);

describe('the service', () => {
  let system: System;
  let local: LocalHttp;

  beforeAll(async () => {
    const pictures = new Map(
      [first, second].map((question) => [`/${question.picture}`, readFileSync(picture(question))]),
    );
    local = await LocalHttp.start(({ path: requested }, count) => {
      // The first attempt at a webhook fails, so that the second shows what a retry looks like.
      if (requested === '/webhook') return { status: count === 1 ? 503 : 204 };
      const body = pictures.get(requested);
      return body === undefined ? { status: 404 } : { status: 200, body };
    });
    system = await startSystem({ TESSERA_LOCK_DURATION_MS: '3000' });
  });
  afterAll(async () => {
    await system.stop();
    await local.close();
  });

  const postJson = (body: object, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${system.url}/v1/jobs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });

  async function upload(question: Question): Promise<Job> {
    const form = new FormData();
    form.set('image', new Blob([await readFile(picture(question))]), question.picture);
    form.set('question', question.question);
    const response = await fetch(`${system.url}/v1/jobs`, {
      method: 'POST',
      headers: { prefer: 'wait=60' },
      body: form,
    });
    expect(response.status).toBe(200);
    return (await response.json()) as Job;
  }

  it('answers all 300 evaluation questions as the reference implementation does', async () => {
    const limit = pLimit(24);
    const jobs = await Promise.all(questions.map((question) => limit(() => upload(question))));
    expect(questions).toHaveLength(300);
    expect(jobs.map(({ output }) => output?.text)).toEqual(questions.map(({ reference }) => reference));
    expect(jobs.map(({ tiles }) => tiles)).toEqual(
      questions.map(({ grid: [columns, rows], tiles, width, height }) => [
        { columns, rows, tiles, width, height },
      ]),
    );
  });

  it('says what an answer took: tokens, tiles, stages, model', async () => {
    const job = await upload(first);
    expect(job.status).toBe('completed');
    expect(job.usage?.prompt_tokens_details.image_tokens).toBe(first.tiles * 16);
    expect(job.usage?.total_tokens).toBe(
      (job.usage?.prompt_tokens ?? 0) + (job.usage?.completion_tokens ?? 0),
    );
    const { total_ms: total, ...stages } = job.timings ?? { total_ms: 0 };
    const sum = Object.values(stages).reduce((ms, stage) => ms + stage, 0);
    expect(Object.values(stages).every((stage) => stage >= 0)).toBe(true);
    expect(Math.abs(total - sum)).toBeLessThan(1);
    expect(job.model).toEqual({
      id: 'tessera-tiny',
      revision: expect.stringMatching(/^[0-9a-f]+$/) as string,
    });
  });

  it('fetches images by URL, answers several in one question, and delivers a signed webhook until it is taken', async () => {
    const response = await postJson({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: `${local.url}/${first.picture}` } },
            { type: 'image_url', image_url: { url: `${local.url}/${second.picture}` } },
            { type: 'text', text: 'Describe the pictures.' },
          ],
        },
      ],
      webhook: `${local.url}/webhook`,
      metadata: { row: '17' },
    });
    expect(response.status).toBe(202);
    const { id } = (await response.json()) as Job;

    const [refused, taken] = await local.requests('/webhook', 2);
    if (refused === undefined || taken === undefined) throw new Error('two deliveries were counted');
    const secret = (await readFile(path.join(system.dataDirectory, 'webhook-secret'), 'utf8')).trim();
    const event = new Webhook(secret).verify(taken.body, taken.headers as Record<string, string>) as JobEvent;
    expect(taken.headers['webhook-id']).toBe(refused.headers['webhook-id']);
    expect(taken.body).toBe(refused.body);
    expect(event).toMatchObject({
      object: 'event',
      type: 'job.completed',
      data: { id, metadata: { row: '17' } },
    });
    const stored = (await (await fetch(`${system.url}/v1/jobs/${id}`)).json()) as Job;
    expect(event.data).toEqual(stored);
    expect(stored.tiles).toHaveLength(2);
  });

  it('fails a job whose image does not exist with the code of that situation, at once', async () => {
    const response = await postJson(
      { question: 'What is it?', images: [`${local.url}/missing.png`] },
      { prefer: 'wait=30' },
    );
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      status: 'failed',
      error: { code: 'image_not_found', retryable: false },
      attempts: 1,
    });
  });

  it('streams an answer in pieces that add up to it', async () => {
    const response = await postJson({ question: first.question, images: [`${local.url}/${first.picture}`] });
    const { urls } = (await response.json()) as Job;
    const stream = await (await fetch(urls.stream)).text();
    const events = stream
      .split('\n\n')
      .map((event) => ({
        type: /^event: (.*)$/m.exec(event)?.[1],
        data: /^data: (.*)$/m.exec(event)?.[1],
      }))
      .filter(({ type }) => type !== undefined);
    const pieces = events
      .filter(({ type }) => type === 'text')
      .map(({ data }) => (JSON.parse(data ?? '') as { text: string }).text);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('').trim()).toBe(first.reference);
    expect(events.at(-1)?.type).toBe('job');
    expect(JSON.parse(events.at(-1)?.data ?? '')).toMatchObject({
      status: 'completed',
      output: { text: first.reference },
    });
  });

  it('answers every job of a worker that is killed, once another one is there', async () => {
    const asked = questions.slice(0, 40);
    const jobs = await Promise.all(
      asked.map(async (question) => {
        const body = `data:image/png;base64,${(await readFile(picture(question))).toString('base64')}`;
        return (await (await postJson({ question: question.question, images: [body] })).json()) as Job;
      }),
    );
    await system.worker.kill();
    await system.dispatcher.kill();
    const [worker, dispatcher] = [system.start('worker'), system.start('dispatcher')];
    await Promise.all([worker.logged('started'), dispatcher.logged('started')]);
    const texts = await Promise.all(
      jobs.map(async ({ urls }) => {
        const events = await (await fetch(urls.stream)).text();
        expect(events).toContain('event: job');
        return ((await (await fetch(urls.get)).json()) as Job).output?.text;
      }),
    );
    expect(texts).toEqual(asked.map(({ reference }) => reference));
  });

  it('stops cleanly on SIGTERM', async () => {
    const [api, dispatcher, worker] = [
      system.start('api'),
      system.start('dispatcher'),
      system.start('worker'),
    ];
    await Promise.all([api.logged('started'), dispatcher.logged('started'), worker.logged('started')]);
    expect(await Promise.all([api.stop(), dispatcher.stop(), worker.stop()])).toEqual([0, 0, 0]);
  });
});
