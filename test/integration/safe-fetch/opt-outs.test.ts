import { BULK_PATIENCE, PoliteFetcher, SafeHttp, type UrlFetcher } from '@tessera/safe-fetch';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HostileServer, startHostileServer } from './hostile-server.js';

const allowedPrivateNetworks = ['127.0.0.0/8'];
const limits = { maxBytes: 1000, timeoutMs: 20_000 };
const refusedDirectives = ['noai', 'noindex'];

let server: HostileServer;
beforeEach(async () => {
  server = await startHostileServer();
});
afterEach(() => server.stop());

const fetchers: [string, (userAgent?: string) => UrlFetcher & { close(): Promise<void> }][] = [
  ['SafeHttp', (userAgent = 'Tessera') => new SafeHttp({ allowedPrivateNetworks, userAgent })],
  [
    'PoliteFetcher',
    (userAgent = 'Tessera') =>
      new PoliteFetcher({
        ...BULK_PATIENCE,
        allowedPrivateNetworks,
        userAgent,
        concurrency: 4,
        concurrencyPerHost: 4,
        requestsPerSecondPerHost: undefined,
        dnsCacheMs: 1000,
      }),
  ],
];

describe.each(fetchers)('%s', (_, open) => {
  it('leaves an image alone whose server asks for it, at once and without its bytes', async () => {
    server.answer('/a', (response) => {
      response.writeHead(200, { 'x-robots-tag': ['nofollow', 'NoAI'] });
      response.write('the body never ends');
    });
    const http = open();
    await expect(
      http.fetchBytes(`${server.origin}/a?token=secret`, { ...limits, refusedDirectives }),
    ).rejects.toMatchObject({
      code: 'image_opted_out',
      retryable: false,
      directive: 'noai',
      message: `${server.origin}/a is not for bulk use: its server answers with X-Robots-Tag: noai`,
    });
    await http.close();
    expect(server.requests).toHaveLength(1);
  });

  it('takes it where nobody has chosen that directive', async () => {
    server.answer('/a', (response) => response.writeHead(200, { 'x-robots-tag': 'noai' }).end('x'));
    const http = open();
    const url = `${server.origin}/a`;
    expect(await http.fetchBytes(url, limits)).toHaveLength(1);
    expect(await http.fetchBytes(url, { ...limits, refusedDirectives: ['noindex'] })).toHaveLength(1);
    await http.close();
  });

  it('says who asks, and heeds rules for that name and for ours', async () => {
    server.answer('/lab', (response) => response.writeHead(200, { 'x-robots-tag': 'mylab: noai' }).end('x'));
    server.answer('/ours', (response) =>
      response.writeHead(200, { 'x-robots-tag': 'tessera: noai' }).end('x'),
    );
    server.answer('/other', (response) =>
      response.writeHead(200, { 'x-robots-tag': 'otherbot: noai' }).end('x'),
    );
    const userAgent = 'MyLab/2 (+https://lab.example/bot)';
    const http = open(userAgent);
    const ask = (path: string) =>
      http.fetchBytes(`${server.origin}${path}`, { ...limits, refusedDirectives });
    for (const path of ['/lab', '/ours']) {
      await expect(ask(path)).rejects.toMatchObject({ code: 'image_opted_out' });
    }
    expect(await ask('/other')).toHaveLength(1);
    await http.close();
    expect(server.requests.map(({ headers }) => headers['user-agent'])).toEqual(Array(3).fill(userAgent));
  });

  it('heeds what the redirect leads to', async () => {
    server.answer('/moved', (response) => response.writeHead(302, { location: '/a' }).end());
    server.answer('/a', (response) => response.writeHead(200, { 'x-robots-tag': 'noindex' }).end('x'));
    const http = open();
    await expect(
      http.fetchBytes(`${server.origin}/moved`, { ...limits, refusedDirectives }),
    ).rejects.toMatchObject({ code: 'image_opted_out', url: `${server.origin}/a` });
    await http.close();
  });
});
