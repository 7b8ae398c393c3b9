import { type Job } from '@tessera/contracts';
import { type JobAttempt, type JobConsumer } from '@tessera/queue';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { type EventSourceMessage } from 'eventsource-parser';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { completed, startStandInWorker } from './stand-in-worker.js';
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
});
afterAll(async () => {
  await api.close();
  await redis.stop();
});

interface OpenStream {
  response: Response;
  /** Events up to the next of this type, that one included; fails when the stream ends without it. */
  until(type: string): Promise<EventSourceMessage[]>;
  /** All events that are left. */
  rest(): Promise<EventSourceMessage[]>;
  close(): Promise<void>;
}

async function openStream(id: string, lastEventId?: string): Promise<OpenStream> {
  const headers: Record<string, string> = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  const response = await fetch(`${api.url}/v1/jobs/${id}/stream`, { headers });
  if (response.body === null) throw new Error('no body');
  const reader = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
    .getReader();
  const readWhile = async (goesOn: (event: EventSourceMessage) => boolean) => {
    const events: EventSourceMessage[] = [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return { events, ended: true };
      events.push(value);
      if (!goesOn(value)) return { events, ended: false };
    }
  };
  return {
    response,
    until: async (type) => {
      const { events, ended } = await readWhile(({ event }) => event !== type);
      if (ended) throw new Error(`the stream ended before ${type}, after ${JSON.stringify(events)}`);
      return events;
    },
    rest: async () => (await readWhile(() => true)).events,
    close: () => reader.cancel(),
  };
}

const newJob = async () => (await api.client.createJob({ question: 'q' })).body.id;
const textOf = (events: EventSourceMessage[]) =>
  events
    .filter(({ event }) => event === 'text')
    .map(({ data }) => (JSON.parse(data) as { text: string }).text)
    .join('');

/** A worker that writes one word, then waits to be told to go on. */
async function startSlowWorker() {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  worker = await startStandInWorker(api, async (attempt: JobAttempt) => {
    await attempt.publishText('A red ');
    await released;
    await attempt.publishText('square.\nReally.');
    return completed('A red square.\nReally.');
  });
  return { release };
}

describe('the event stream of a job', () => {
  it('brings the answer as it is written and ends with the job', async () => {
    const stream = await openStream(await newJob());
    expect(stream.response.status).toBe(200);
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(stream.response.headers.get('cache-control')).toContain('no-cache');
    const { release } = await startSlowWorker();
    const before = await stream.until('text');
    release();
    const after = await stream.rest();
    expect(textOf([...before, ...after])).toBe('A red square.\nReally.');
    const last = after.at(-1);
    expect(last?.event).toBe('job');
    const job = JSON.parse(last?.data ?? '') as Job;
    expect(job).toMatchObject({ status: 'completed', output: { text: 'A red square.\nReally.' } });
    expect(await api.client.job(job.id)).toEqual(job);
  });

  it('goes on after the event that a reader names', async () => {
    const id = await newJob();
    const { release } = await startSlowWorker();
    const first = await openStream(id);
    const seen = await first.until('text');
    await first.close();
    release();
    const second = await openStream(id, seen.at(-1)?.id);
    const rest = await second.rest();
    expect(textOf([...seen, ...rest])).toBe('A red square.\nReally.');
    expect(rest.map(({ id: eventId }) => eventId)).not.toContain(seen.at(-1)?.id);
  });

  it('is told again in full to a reader who comes late, and not at all to one who has seen its end', async () => {
    const id = await newJob();
    const { release } = await startSlowWorker();
    release();
    const all = await (await openStream(id)).rest();
    expect(await (await openStream(id)).rest()).toEqual(all);
    const again = await fetch(`${api.url}/v1/jobs/${id}/stream`, {
      headers: { 'last-event-id': all.at(-1)?.id ?? '' },
    });
    expect(again.status).toBe(204);
  });

  it('ends with the job when the job is cancelled', async () => {
    const id = await newJob();
    const stream = await openStream(id);
    await api.client.send('POST', `/v1/jobs/${id}/cancel`);
    const [event, ...others] = await stream.rest();
    expect(others).toEqual([]);
    expect(JSON.parse(event?.data ?? '')).toMatchObject({ id, status: 'cancelled' });
  });

  it('refuses an event id that no stream has sent', async () => {
    const answer = await api.client.send('GET', `/v1/jobs/${await newJob()}/stream`, {
      headers: { 'last-event-id': '$' },
    });
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_value', param: 'Last-Event-ID' } },
    });
  });

  it('is refused when as many are open as may, until one of them is closed', async () => {
    const id = await newJob();
    const open = [await openStream(id), await openStream(id)];
    const refusal = await api.client.send('GET', `/v1/jobs/${id}/stream`);
    expect(refusal).toMatchObject({ status: 429, body: { error: { code: 'too_many_streams' } } });
    expect(refusal.headers.get('retry-after')).toBe('2');
    await open[0]?.close();
    // The server hears of it a moment later; the retry that the refusal asks for succeeds then.
    await expect
      .poll(
        async () => {
          const stream = await openStream(id);
          await stream.close();
          return stream.response.status;
        },
        { timeout: 10_000 },
      )
      .toBe(200);
    await open[1]?.close();
  });
});
