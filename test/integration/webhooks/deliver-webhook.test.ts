import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { SafeHttp } from '@tessera/safe-fetch';
import { freeLoopbackPort } from '@tessera/testing';
import { deliverWebhook, type WebhookAttempt } from '@tessera/webhooks';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

interface Received {
  headers: IncomingHttpHeaders & Record<string, string>;
  body: string;
}

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

let receiver: Server;
let received: Received[];
let answer: (response: ServerResponse) => void;
let http: SafeHttp;
let attempt: WebhookAttempt;

beforeEach(async () => {
  received = [];
  answer = (response) => response.end();
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({
        headers: request.headers as Received['headers'],
        body: Buffer.concat(chunks).toString(),
      });
      answer(response);
    });
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  http = new SafeHttp({ allowedPrivateNetworks: ['127.0.0.0/8'] });
  attempt = {
    url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`,
    secrets: [secret],
    eventId: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    body: '{"test": 2432232314}',
    timeoutMs: 20_000,
  };
});
afterEach(async () => {
  vi.useRealTimers();
  await http.close();
  receiver.close();
  receiver.closeAllConnections();
  await once(receiver, 'close');
});

const answerWith = (status: number, headers: Record<string, string> = {}) => {
  answer = (response) => response.writeHead(status, headers).end('thanks');
};

describe('deliverWebhook', () => {
  it("signs the specification's test vector as the specification does", async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_614_265_330_999 });
    await deliverWebhook(http, attempt);
    await deliverWebhook(http, { ...attempt, body: '{"test":2432232314}' });
    expect(received).toMatchObject([
      {
        body: '{"test": 2432232314}',
        headers: {
          'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
          'webhook-timestamp': '1614265330',
          'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
          'content-type': 'application/json',
          'user-agent': 'Tessera-Webhooks',
        },
      },
      { headers: { 'webhook-signature': 'v1,Vif40peJBP7Iyl0XGmu61n4MwdrcHov5CFREBpE0svs=' } },
    ]);
  });

  it('sends what a receiver verifies with the standardwebhooks package, and nobody else', async () => {
    const body = JSON.stringify({ type: 'job.completed', data: { output: { text: 'Füße 🐈 \u2028' } } });
    expect(await deliverWebhook(http, { ...attempt, body })).toMatchObject({ kind: 'delivered' });
    const [{ headers, body: arrived } = { headers: {}, body: '' }] = received;
    expect(new Webhook(secret).verify(arrived, headers)).toEqual(JSON.parse(body));
    expect(() => new Webhook(secret).verify(`${arrived} `, headers)).toThrow(WebhookVerificationError);
    const otherSecret = `whsec_${Buffer.alloc(32).toString('base64')}`;
    expect(() => new Webhook(otherSecret).verify(arrived, headers)).toThrow(WebhookVerificationError);
  });

  it('signs with a secret whose base64 carries no padding', async () => {
    const unpadded = `whsec_${Buffer.alloc(32, 5).toString('base64').replace(/=+$/, '')}`;
    await deliverWebhook(http, { ...attempt, secrets: [unpadded] });
    const [{ headers, body } = { headers: {}, body: '' }] = received;
    expect(() => new Webhook(`${unpadded}=`).verify(body, headers)).not.toThrow();
  });

  it.each([200, 201, 202, 204, 299])('takes %i for delivered', async (status) => {
    answerWith(status);
    expect(await deliverWebhook(http, attempt)).toMatchObject({ kind: 'delivered' });
  });

  it.each([301, 302, 307, 400, 401, 404, 429, 500, 502, 504])('tries again after %i', async (status) => {
    answerWith(status, { location: '/elsewhere' });
    const reason = `the receiver answered with status ${status}`;
    expect(await deliverWebhook(http, attempt)).toMatchObject({ kind: 'retry', reason });
    expect(received).toHaveLength(1);
  });

  it('abandons an endpoint that is gone', async () => {
    answerWith(410);
    expect(await deliverWebhook(http, attempt)).toMatchObject({ kind: 'abandon' });
  });

  it.each([
    ['seconds', '120', 120_000],
    ['a date', 'Wed, 21 Oct 2026 07:28:30 GMT', 30_000],
    ['a time out of reach', '99999999999', 24 * 3600 * 1000],
  ])('waits as the receiver asks, in %s', async (_, retryAfter, retryAfterMs) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('Wed, 21 Oct 2026 07:28:00 GMT') });
    answerWith(503, { 'retry-after': retryAfter });
    expect(await deliverWebhook(http, attempt)).toMatchObject({ kind: 'retry', retryAfterMs });
  });

  it('tries again when nobody listens, and when the receiver is slow', async () => {
    const closed = `http://127.0.0.1:${await freeLoopbackPort()}/hook`;
    expect(await deliverWebhook(http, { ...attempt, url: closed })).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining('ECONNREFUSED') as string,
    });
    answer = () => undefined;
    expect(await deliverWebhook(http, { ...attempt, timeoutMs: 100 })).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining('100 ms') as string,
    });
  });

  it.each([
    'http://10.0.0.1/',
    'https://169.254.169.254/',
    'https://[::1]/',
    'ftp://example.com/',
    'nonsense',
  ])('abandons %s', async (url) => {
    expect(await deliverWebhook(http, { ...attempt, url })).toMatchObject({ kind: 'abandon' });
  });

  it('abandons a name that leads into the private network, or over http to a public address', async () => {
    for (const address of ['10.0.0.1', '93.184.215.14']) {
      const lookup = async () => [{ address, family: 4 }];
      const resolving = new SafeHttp({ allowedPrivateNetworks: ['127.0.0.0/8'], lookup });
      const outcome = await deliverWebhook(resolving, { ...attempt, url: 'http://receiver.example/' });
      expect(outcome).toMatchObject({ kind: 'abandon' });
      await resolving.close();
    }
  });

  it('rejects with the reason of an abort', async () => {
    const abort = new AbortController();
    answer = () => abort.abort(new Error('draining'));
    await expect(deliverWebhook(http, { ...attempt, signal: abort.signal })).rejects.toThrow('draining');
  });
});
