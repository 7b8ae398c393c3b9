import { once } from 'node:events';
import { type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { SafeHttp } from '@tessera/safe-fetch';
import { freeLoopbackPort } from '@tessera/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type HostileServer, startHostileServer } from './hostile-server.js';

const limits = { maxBytes: 1000, timeoutMs: 20_000 };

let server: HostileServer;
let http: SafeHttp;
beforeEach(async () => {
  server = await startHostileServer();
  http = new SafeHttp({ allowedPrivateNetworks: ['127.0.0.0/8'] });
});
afterEach(async () => {
  await server.stop();
  await http.close();
  vi.unstubAllEnvs();
});

const fetchPath = (path: string, overrides: Partial<typeof limits> & { signal?: AbortSignal } = {}) =>
  http.fetchBytes(`${server.origin}${path}`, { ...limits, ...overrides });

describe('fetchBytes', () => {
  it('gives the body, whatever its status of success', async () => {
    server.answer('/a', (response) => response.end(Buffer.alloc(1000, 7)));
    server.answer('/empty', (response) => response.writeHead(204).end());
    expect(Buffer.alloc(1000, 7).equals(await fetchPath('/a?x=1'))).toBe(true);
    expect(await fetchPath('/empty')).toHaveLength(0);
    expect(server.requests[0]).toMatchObject({ method: 'GET', path: '/a?x=1' });
  });

  it('asks no proxy of the environment', async () => {
    const deadProxy = `http://127.0.0.1:${await freeLoopbackPort()}`;
    for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'HTTPS_PROXY']) vi.stubEnv(name, deadProxy);
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    server.answer('/a', (response) => response.end('x'));
    const fresh = new SafeHttp({ allowedPrivateNetworks: ['127.0.0.0/8'] });
    expect(await fresh.fetchBytes(`${server.origin}/a`, limits)).toHaveLength(1);
    await fresh.close();
  });

  describe('statuses', () => {
    it.each([400, 401, 403, 404, 410, 451])('takes %i for good', async (status) => {
      server.answer('/a', (response) => response.writeHead(status).end('no'));
      await expect(fetchPath('/a')).rejects.toMatchObject({
        code: 'image_not_found',
        retryable: false,
        status,
      });
    });

    it.each([408, 425, 429, 500, 502, 503, 504, 300, 304])(
      'takes %i for a passing failure',
      async (status) => {
        server.answer('/a', (response) => response.writeHead(status, { 'retry-after': '7' }).end());
        await expect(fetchPath('/a')).rejects.toMatchObject({
          code: 'image_fetch_failed',
          retryable: true,
          status,
          retryAfterMs: 7000,
        });
      },
    );
  });

  describe('connections that fail', () => {
    it('reports a closed port with its cause', async () => {
      const url = `http://127.0.0.1:${await freeLoopbackPort()}/a?token=secret`;
      const failure = http.fetchBytes(url, limits);
      await expect(failure).rejects.toMatchObject({
        code: 'image_fetch_failed',
        retryable: true,
        cause: { code: 'ECONNREFUSED' },
      });
      await expect(failure).rejects.not.toThrow('secret');
    });

    it('reports a name that nobody knows', async () => {
      await expect(http.fetchBytes('http://nobody.invalid/', limits)).rejects.toMatchObject({
        code: 'image_fetch_failed',
        retryable: true,
      });
    });

    it.each([
      ['before the answer', (response: { destroy(): void }) => response.destroy()],
      [
        'inside the body',
        (response: ServerResponse) => {
          response.writeHead(200, { 'content-length': '100' });
          response.write('half', () => response.destroy());
        },
      ],
    ])('reports a connection that breaks %s', async (_, answer) => {
      server.answer('/a', answer);
      await expect(fetchPath('/a')).rejects.toMatchObject({ code: 'image_fetch_failed', retryable: true });
    });

    it('refuses headers without end', async () => {
      server.answer('/a', (response) => response.writeHead(200, { 'x-long': 'x'.repeat(40_000) }).end('x'));
      await expect(fetchPath('/a')).rejects.toMatchObject({ code: 'image_fetch_failed' });
    });
  });

  describe('size', () => {
    it('refuses a declared length at once, without reading the body', async () => {
      server.answer('/a', (response) => {
        response.writeHead(200, { 'content-length': '1001' });
        response.write('x');
      });
      await expect(fetchPath('/a')).rejects.toMatchObject({
        code: 'image_too_large',
        retryable: false,
        maxBytes: 1000,
        declaredBytes: 1001,
      });
    });

    it('cuts a body that declares no length, however long it goes on', async () => {
      let closed: Promise<unknown> = Promise.resolve();
      server.answer('/a', (response) => {
        closed = once(response, 'close');
        const pour = () => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        };
        response.on('drain', pour);
        pour();
      });
      await expect(fetchPath('/a')).rejects.toMatchObject({
        code: 'image_too_large',
        declaredBytes: undefined,
      });
      await closed;
    });

    it('refuses a compressed body, whose size says nothing', async () => {
      server.answer('/a', (response) =>
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(1_000_000))),
      );
      await expect(fetchPath('/a', { maxBytes: 5000 })).rejects.toMatchObject({
        code: 'image_fetch_failed',
        retryable: false,
        encoding: 'gzip',
      });
      expect(server.requests[0]?.headers['accept-encoding']).toBe('identity');
    });
  });

  describe('time', () => {
    it('cuts an answer that never comes', async () => {
      server.answer('/a', () => undefined);
      await expect(fetchPath('/a', { timeoutMs: 100 })).rejects.toMatchObject({
        code: 'image_fetch_timeout',
        retryable: true,
        timeoutMs: 100,
      });
    });

    it('cuts a body that trickles, though it never pauses for long', async () => {
      server.answer('/a', (response) => {
        response.writeHead(200);
        const trickle = setInterval(() => response.write('x'), 5);
        response.on('close', () => clearInterval(trickle));
      });
      await expect(fetchPath('/a', { timeoutMs: 300, maxBytes: 1_000_000 })).rejects.toMatchObject({
        code: 'image_fetch_timeout',
      });
    });

    it('counts the time of all redirects together', async () => {
      server.answer('/a', (response) => response.writeHead(302, { location: '/b' }).end());
      server.answer('/b', () => undefined);
      await expect(fetchPath('/a', { timeoutMs: 200 })).rejects.toMatchObject({
        code: 'image_fetch_timeout',
      });
      expect(server.requests.map(({ path }) => path)).toEqual(['/a', '/b']);
    });

    it('rejects with the reason of an abort, before the answer and inside the body', async () => {
      for (const path of ['/silent', '/half']) {
        const abort = new AbortController();
        const reason = new Error('cancelled');
        server.answer('/silent', () => abort.abort(reason));
        server.answer('/half', (response) => {
          response.writeHead(200);
          response.write('x', () => abort.abort(reason));
        });
        await expect(fetchPath(path, { signal: abort.signal })).rejects.toBe(reason);
      }
      const aborted = AbortSignal.abort(new Error('too late'));
      await expect(fetchPath('/a', { signal: aborted })).rejects.toThrow('too late');
    });
  });

  describe('redirects', () => {
    it.each([301, 302, 303, 307, 308])('follows %i, relative ones too', async (status) => {
      server.answer('/a', (response) => response.writeHead(status, { location: 'b?c=d' }).end('moved'));
      server.answer('/b', (response) => response.end('x'));
      expect(await fetchPath('/a')).toHaveLength(1);
      expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
        'GET /a',
        'GET /b?c=d',
      ]);
    });

    it('follows five and no more, and takes a loop for good', async () => {
      for (let hop = 0; hop < 6; hop += 1) {
        server.answer(`/${hop}`, (response) => response.writeHead(302, { location: `/${hop + 1}` }).end());
      }
      server.answer('/6', (response) => response.end('x'));
      server.answer('/loop', (response) => response.writeHead(302, { location: '/loop' }).end());
      expect(await fetchPath('/1')).toHaveLength(1);
      for (const path of ['/0', '/loop']) {
        await expect(fetchPath(path)).rejects.toMatchObject({
          code: 'image_fetch_failed',
          retryable: false,
          maxRedirects: 5,
        });
      }
    });

    it.each([
      ['http://169.254.169.254/latest/meta-data/', 'url_not_allowed'],
      ['http://[::1]/', 'url_not_allowed'],
      ['http://10.0.0.1/', 'url_not_allowed'],
      ['file:///etc/passwd', 'image_url_invalid'],
    ])('follows none to %s', async (location, code) => {
      server.answer('/a', (response) => response.writeHead(302, { location }).end());
      await expect(fetchPath('/a')).rejects.toMatchObject({ code, retryable: false });
    });
  });
});
