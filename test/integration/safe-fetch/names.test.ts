import { type Lookup, PoliteFetcher, SERVICE_PATIENCE } from '@tessera/safe-fetch';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HostileServer, startHostileServer } from './hostile-server.js';
import { ManualClock } from './manual-clock.js';

const limits = { maxBytes: 1000, timeoutMs: 20_000 };

let server: HostileServer;
let clock: ManualClock;
let fetcher: PoliteFetcher;
let asked: string[];
let answer: (hostname: string) => string | Promise<string>;
beforeEach(async () => {
  server = await startHostileServer();
  // No connection is kept, so each request asks for the addresses of its host.
  server.answer('/a', (response) => response.writeHead(200, { connection: 'close' }).end('x'));
  clock = new ManualClock();
  asked = [];
  answer = () => '127.0.0.1';
  const lookup: Lookup = async (hostname) => {
    asked.push(hostname);
    return [{ address: await answer(hostname), family: 4 }];
  };
  fetcher = new PoliteFetcher({
    ...SERVICE_PATIENCE,
    allowedPrivateNetworks: ['127.0.0.1/32'],
    lookup,
    concurrency: 10,
    concurrencyPerHost: 5,
    requestsPerSecondPerHost: undefined,
    dnsCacheMs: 60_000,
    clock,
  });
});
afterEach(async () => {
  clock.stop();
  await server.stop();
  await fetcher.close();
});

const fetchFrom = (host: string, overrides: Partial<typeof limits> = {}) =>
  fetcher.fetchBytes(`http://${host}:${server.port}/a`, { ...limits, ...overrides });

describe('names', () => {
  it('are asked for once while they are remembered, and again after that', async () => {
    await Promise.all(Array.from({ length: 5 }, () => fetchFrom('a.example')));
    clock.advance(60_000);
    await fetchFrom('a.example');
    expect(asked).toEqual(['a.example']);
    clock.advance(1);
    await fetchFrom('a.example');
    expect(asked).toEqual(['a.example', 'a.example']);
    expect(server.connectionCount).toBe(7);
  });

  it('are no way in when they lead elsewhere later: what is remembered is checked for each connection', async () => {
    await fetchFrom('rebind.example');
    answer = () => '169.254.169.254';
    await fetchFrom('rebind.example');
    clock.advance(60_001);
    for (let i = 0; i < 2; i += 1) {
      await expect(fetchFrom('rebind.example')).rejects.toMatchObject({
        code: 'url_not_allowed',
        address: '169.254.169.254',
      });
    }
    expect(asked).toHaveLength(2);
    expect(server.connectionCount).toBe(2);
  });

  it('are not remembered as unknown for long', async () => {
    answer = () => Promise.reject(new Error('no answer'));
    await expect(fetchFrom('a.example')).rejects.toMatchObject({ code: 'image_fetch_failed' });
    answer = () => '127.0.0.1';
    await expect(fetchFrom('a.example')).rejects.toMatchObject({ code: 'image_fetch_failed' });
    expect(asked).toEqual(['a.example']);
    clock.advance(5001);
    expect(await fetchFrom('a.example')).toHaveLength(1);
  });

  it('that take long keep nobody from a known host, and end with the time', async () => {
    await fetchFrom('known.example');
    answer = () => new Promise<string>(() => undefined);
    const stuck = ['slow.example', 'slower.example'].map((host) => fetchFrom(host, { timeoutMs: 200 }));
    expect(await fetchFrom('known.example')).toHaveLength(1);
    for (const fetching of stuck) {
      await expect(fetching).rejects.toMatchObject({ code: 'image_fetch_timeout', timeoutMs: 200 });
    }
  });
});
