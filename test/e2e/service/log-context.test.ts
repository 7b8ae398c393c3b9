import { readFileSync } from 'node:fs';
import path from 'node:path';
import { findRepositoryRoot } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalHttp } from './local-http.js';
import { type ServiceProcess } from './service-process.js';
import { startSystem, type System } from './system.js';

const ADMIN_KEY = 'the-administrators-own-key';
const PROMPT = 'What did the purple walrus whisper?';
const picture = readFileSync(
  path.join(findRepositoryRoot(), 'test', 'golden', 'evaluation', 'pictures', '0000.png'),
);
/** A stretch from the middle of the picture's base64: whatever of it is logged, this would be. */
const pictureText = picture.toString('base64').slice(200, 240);

describe('the logs of a job and a batch', () => {
  let system: System;
  let local: LocalHttp;
  /** The bodies that were sent, by the x-request-id that they were sent with. */
  let ids: { job: string; batch: string; file: string };

  beforeAll(async () => {
    local = await LocalHttp.start(() => ({ status: 204 }));
    system = await startSystem({ TESSERA_ADMIN_KEY: ADMIN_KEY, TESSERA_LOG_LEVEL: 'debug' });
    await send('/v1/webhook_endpoints', 'trace-endpoint', {
      ...{ name: 'all', url: `${local.url}/batches?signature=opensesame` },
      event_types: ['batch.completed'],
    });
    ids = await runJobAndBatch();
    await local.requests('/job?signature=opensesame', 1);
    await local.requests('/batches?signature=opensesame', 1);
    // The line comes after the request.
    await system.dispatcher.logged('webhook attempt');
    await system.stop();
  });
  afterAll(async () => {
    await system.stop();
    await local.close();
  });

  async function send(route: string, requestId: string, body: object | FormData): Promise<{ id: string }> {
    const isForm = body instanceof FormData;
    const response = await fetch(`${system.url}${route}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${ADMIN_KEY}`,
        'x-request-id': requestId,
        ...(isForm ? {} : { 'content-type': 'application/json' }),
      },
      body: isForm ? body : JSON.stringify(body),
    });
    expect(response.headers.get('x-request-id')).toBe(requestId);
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as { id: string };
  }

  async function runJobAndBatch(): Promise<typeof ids> {
    const image = `data:image/png;base64,${picture.toString('base64')}`;
    const job = await send('/v1/jobs', 'trace-job', {
      ...{ model: 'tessera-tiny', question: PROMPT, images: [image] },
      webhook: `${local.url}/job?signature=opensesame`,
    });
    const content = [
      { type: 'image_url', image_url: { url: image } },
      { type: 'text', text: PROMPT },
    ];
    const rows = [
      { messages: [{ role: 'user', content }] },
      // Refused with a message that quotes it, and one whose picture cannot be had.
      { messages: [{ role: PROMPT, content: PROMPT }] },
      {
        messages: [{ role: 'user', content: [picturedAt('http://127.0.0.1:1/a.png?signature=opensesame')] }],
      },
    ];
    const lines = rows.map((body, row) =>
      JSON.stringify({
        ...{ custom_id: `row-${row}`, method: 'POST', url: '/v1/chat/completions' },
        body: { model: 'tessera-tiny', ...body },
      }),
    );
    const form = new FormData();
    form.set('purpose', 'batch');
    form.set('file', new Blob([lines.join('\n')]), 'rows.jsonl');
    const file = await send('/v1/files', 'trace-file', form);
    const batch = await send('/v1/batches', 'trace-batch', {
      ...{ input_file_id: file.id, endpoint: '/v1/chat/completions', completion_window: '24h' },
    });
    return { job: job.id, batch: batch.id, file: file.id };
  }

  const processes = (): ServiceProcess[] => [system.api, system.worker, system.dispatcher];
  const textsOf = (process: ServiceProcess): string[] => process.lines.map((line) => JSON.stringify(line));

  it.each(['trace-job', 'trace-batch'])('say %s on every process that worked on it', (requestId) => {
    for (const process of processes()) {
      const lines = process.lines.filter((line) => line['requestId'] === requestId);
      expect(lines.length, `${process.name} on ${requestId}`).toBeGreaterThan(0);
    }
  });

  it('say which request it was on every line that names the job or the batch', () => {
    for (const process of processes()) {
      for (const line of process.lines) {
        const text = JSON.stringify(line);
        // The routes of a job are asked for by other requests, which have ids of their own.
        if (line.msg === 'answered') continue;
        if (text.includes(ids.job)) expect(line).toMatchObject({ requestId: 'trace-job' });
        if (text.includes(ids.batch)) expect(line).toMatchObject({ requestId: 'trace-batch' });
      }
    }
  });

  it.each([
    ['the key', ADMIN_KEY],
    ['the prompt', 'purple walrus'],
    ['the picture', pictureText],
    ['a signature in a URL', 'opensesame'],
    ['a signing secret', 'whsec_'],
  ])('never have %s', (_what, secret) => {
    const lines = processes().flatMap((process) => textsOf(process));
    expect(lines.filter((line) => line.includes(secret) && !line.includes(`${secret}[redacted]`))).toEqual(
      [],
    );
  });
});

function picturedAt(url: string): object {
  return { type: 'image_url', image_url: { url } };
}
