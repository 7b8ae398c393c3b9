import { BATCH_EVENT_TYPES, JOB_EVENT_TYPES } from '@tessera/contracts';
import { startTestRedis, type TestRedis } from '@tessera/testing';
import { secretOfOwner } from '@tessera/webhooks';
import OpenAI from 'openai';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Received, WAIT_MS } from './test-receiver.js';
import { JOB_SECRET, OWNER_ID, WebhookBench } from './webhook-bench.js';

let redis: TestRedis;
let bench: WebhookBench;
beforeAll(async () => {
  redis = await startTestRedis();
});
beforeEach(async () => {
  bench = await WebhookBench.start(redis);
});
afterEach(() => bench.close());
afterAll(() => redis.stop());

const client = new OpenAI({ apiKey: 'none' });

/** The event, once both verifiers that receivers use have accepted it. */
async function verified({ body, headers }: Received, secret: string): Promise<Record<string, unknown>> {
  const event = new Webhook(secret).verify(body, headers) as Record<string, unknown>;
  expect(await client.webhooks.unwrap(body, headers, secret)).toEqual(event);
  return event;
}

describe('the end of a job', () => {
  it('is told to its own webhook and to every endpoint that listens, each with its own secret', async () => {
    const [own, first, second] = await Promise.all([bench.receiver(), bench.receiver(), bench.receiver()]);
    const one = await bench.endpoint(first.url);
    const two = await bench.endpoint(second.url, [...JOB_EVENT_TYPES]);
    await bench.dispatcher();
    const id = await bench.cancelledJob({ webhook: { url: own.url, events: ['job.cancelled'] } });
    const events = [
      await verified((await own.requests(1))[0] as Received, JOB_SECRET),
      await verified((await first.requests(1))[0] as Received, one.secret),
      await verified((await second.requests(1))[0] as Received, two.secret),
    ];
    const expected = {
      id: `evt_${id.slice('job_'.length)}_cancelled`,
      object: 'event',
      type: 'job.cancelled',
      data: expect.objectContaining({ id, object: 'job', status: 'cancelled' }) as object,
    };
    expect(events).toEqual([1, 2, 3].map(() => expect.objectContaining(expected) as object));
    expect(events[0]).toEqual(events[1]);
  });

  it("is signed for a job's own webhook with a secret that is its owner's alone", async () => {
    const owners = ['key_a', 'key_b'];
    const receivers = await Promise.all(owners.map(() => bench.receiver()));
    await bench.dispatcher();
    for (const [index, ownerId] of owners.entries()) {
      const url = receivers[index]?.url ?? '';
      const id = await bench.cancelledJob({ ownerId, webhook: { url, events: ['job.cancelled'] } });
      const [event] = (await receivers[index]?.requests(1)) ?? [];
      const secret = secretOfOwner(JOB_SECRET, ownerId);
      expect(await verified(event as Received, secret)).toMatchObject({ data: { id } });
      const others = owners.filter((other) => other !== ownerId);
      for (const wrong of [JOB_SECRET, ...others.map((other) => secretOfOwner(JOB_SECRET, other))]) {
        await expect(verified(event as Received, wrong)).rejects.toThrow('No matching signature found');
      }
    }
  });

  it('is told to nobody else: not to another owner, for another event, or of a hidden job', async () => {
    const receiver = await bench.receiver();
    await bench.endpoint(receiver.url, ['job.cancelled'], 'key_2');
    await bench.endpoint(receiver.url, ['job.completed']);
    await bench.endpoints.list(OWNER_ID);
    await bench.cancelledJob();
    await bench.cancelledJob({ ownerId: 'key_2', isHidden: true });
    expect(await bench.client().xlen(bench.key('webhook-outbox'))).toBe(0);
  });

  it('is told of when Redis has lost the endpoints: the store has them', async () => {
    const receiver = await bench.receiver();
    await bench.endpoint(receiver.url);
    await bench.loseRedis();
    const id = await bench.cancelledJob();
    await bench.dispatcher();
    const [{ body } = { body: '' }] = await receiver.requests(1);
    expect(JSON.parse(body)).toMatchObject({ data: { id } });
  });
});

describe('the end of a batch', () => {
  const ends = {
    'batch.failed': (id: string) => bench.ledger.fail(id, []),
    'batch.completed': (id: string) => bench.ledger.finish(id, 'completed', {}),
    'batch.expired': (id: string) => bench.ledger.finish(id, 'expired', {}),
    'batch.cancelled': (id: string) => bench.ledger.finish(id, 'cancelled', {}),
    'batch.in_progress': (id: string) =>
      bench.ledger.begin(id, { model: 'm', inputKey: 'k', total: 1, inputBytes: 1 }),
  };

  it.each(BATCH_EVENT_TYPES)('is told as %s, as thin as OpenAI tells it', async (type) => {
    const receiver = await bench.receiver();
    const { secret } = await bench.endpoint(receiver.url, [type]);
    await bench.dispatcher();
    const id = await bench.batch();
    await ends[type](id);
    const [request] = await receiver.requests(1);
    const event = await verified(request as Received, secret);
    expect(event).toEqual({
      id: `evt_${id.slice('batch_'.length)}_${type.slice('batch.'.length)}`,
      object: 'event',
      type,
      created_at: expect.any(Number) as number,
      timestamp: new Date(Number(event['created_at']) * 1000).toISOString(),
      data: { id },
    });
    expect(request?.headers['webhook-id']).toBe(event['id']);
  });

  it('is not told to who did not ask for it', async () => {
    const receiver = await bench.receiver();
    await bench.endpoint(receiver.url, ['batch.completed']);
    await bench.endpoint(receiver.url, ['batch.failed'], 'key_2');
    await bench.endpoints.list(OWNER_ID);
    await bench.ledger.fail(await bench.batch(), []);
    expect(await bench.client().xlen(bench.key('webhook-outbox'))).toBe(0);
  });
});

describe('a secret that is replaced', () => {
  it('signs for a day beside the new one where that was asked for', async () => {
    const receiver = await bench.receiver();
    const { id, secret } = await bench.endpoint(receiver.url);
    const rotated = await bench.endpoints.rotateSecret(OWNER_ID, id, { keepOld: true });
    await bench.dispatcher();
    await bench.cancelledJob();
    const [request] = await receiver.requests(1);
    expect(request?.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
    for (const each of [secret, rotated.secret]) await verified(request as Received, each);
  });

  it('signs nothing from then on where it was not', async () => {
    const receiver = await bench.receiver();
    const { id, secret } = await bench.endpoint(receiver.url);
    const rotated = await bench.endpoints.rotateSecret(OWNER_ID, id, { keepOld: false });
    await bench.dispatcher();
    await bench.cancelledJob();
    const [request] = await receiver.requests(1);
    await verified(request as Received, rotated.secret);
    await expect(verified(request as Received, secret)).rejects.toThrow(/signature/i);
  });

  it('is in no line of the log', async () => {
    const receiver = await bench.receiver();
    const { id, secret } = await bench.endpoint(receiver.url);
    await bench.dispatcher();
    await bench.endpoints.disable(id, 'failing');
    await bench.endpoints.update(OWNER_ID, id, { isEnabled: true });
    await bench.cancelledJob();
    await receiver.requests(1);
    expect(bench.logLines.length).toBeGreaterThan(0);
    expect(JSON.stringify(bench.logLines)).not.toContain(secret.slice('whsec_'.length));
  });
});

describe('the log of an endpoint', () => {
  it('lists deliveries newest first, in pages, and by status', async () => {
    const receiver = await bench.receiver();
    const { id } = await bench.endpoint(receiver.url);
    const jobs: string[] = [];
    for (let event = 0; event < 5; event += 1) jobs.push(await bench.cancelledJob());
    await bench.dispatcher();
    await receiver.requests(5);
    await vi.waitFor(async () => {
      const { records } = await bench.index.deliveries(id, { limit: 9, status: 'delivered' });
      expect(records).toHaveLength(5);
    }, WAIT_MS);
    const seen: string[] = [];
    let after: string | undefined;
    for (let hasMore = true; hasMore;) {
      const page = await bench.index.deliveries(id, { limit: 2, ...(after && { after }) });
      seen.push(...page.records.map(({ subjectId }) => subjectId));
      ({ hasMore } = page);
      after = page.records.at(-1)?.id;
    }
    expect(seen.toSorted()).toEqual(jobs.toSorted());
    expect((await bench.index.deliveries(id, { limit: 9, status: 'exhausted' })).records).toEqual([]);
    await expect(bench.index.deliveries(id, { limit: 9, after: 'whd_x' })).rejects.toMatchObject({
      code: 'invalid_value',
    });
  });

  it('keeps so many delivered and so many given up, none for too long', async () => {
    const receiver = await bench.receiver();
    const { id } = await bench.endpoint(receiver.url);
    for (let event = 0; event < 12; event += 1) await bench.cancelledJob();
    await bench.dispatcher({ log: { entries: 4, ageMs: 60_000 } });
    await receiver.requests(12);
    const count = async () => (await bench.index.deliveries(id, { limit: 100 })).records.length;
    await vi.waitFor(async () => expect(await count()).toBe(4), WAIT_MS);
    await bench.index.trimLog(id, { entries: 4, ageMs: -1_000 });
    expect(await count()).toBe(0);
    expect(await bench.client().keys(bench.key('webhook-[dla]*'))).toEqual([
      bench.key(`webhook-listeners:${OWNER_ID}:job.cancelled`),
    ]);
  });

  it('does not keep for ever what waits for a disabled endpoint', async () => {
    const { id } = await bench.endpoint('https://example.com/');
    await bench.dispatcher({ deliver: async () => ({ kind: 'retry', reason: 'away' }) });
    await bench.cancelledJob();
    await bench.delivery(id, ({ status }) => status === 'failed');
    await bench.endpoints.update(OWNER_ID, id, { isEnabled: false });
    await bench.index.trimLog(id, { entries: 100, ageMs: -1_000 });
    expect((await bench.index.deliveries(id, { limit: 10 })).records).toEqual([]);
    expect(await bench.client().exists(bench.key(`webhook-due:${id}`))).toBe(0);
  });

  it('delivers again what is asked for, and all that failed since a time', async () => {
    const receiver = await bench.receiver();
    const { id } = await bench.endpoint(receiver.url);
    await bench.dispatcher({ scheduleMs: [0] });
    await bench.cancelledJob();
    const first = await bench.delivery(id, ({ status }) => status === 'delivered');
    expect(await bench.index.redeliver(id, first.id)).toMatchObject({ id: first.id, round: 0 });
    await receiver.requests(2);
    const again = await bench.delivery(id, (record) => record.attempts.length === 2);
    expect(again.eventId).toBe(first.eventId);
    receiver.answer = (response) => void response.writeHead(500).end();
    await bench.cancelledJob();
    await bench.delivery(id, ({ status }) => status === 'exhausted');
    receiver.answer = (response) => void response.writeHead(200).end();
    expect(await bench.index.redeliverFailed(id, Date.now() + 3_600_000)).toBe(0);
    expect(await bench.index.redeliverFailed(id, Date.now() - 3_600_000)).toBe(1);
    await bench.delivery(id, ({ status }) => status === 'delivered');
    expect(receiver.received).toHaveLength(4);
  });

  it('says so when the job that an event tells of has been deleted', async () => {
    const receiver = await bench.receiver();
    const { id } = await bench.endpoint(receiver.url);
    await bench.deleteJob(await bench.cancelledJob());
    await bench.dispatcher();
    const { attempts } = await bench.delivery(id, ({ status }) => status === 'exhausted');
    expect(attempts).toMatchObject([{ status_code: null, error: 'the job has been deleted' }]);
  });
});
