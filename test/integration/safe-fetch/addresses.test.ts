import { type Lookup, SafeHttp, UrlNotAllowedError } from '@tessera/safe-fetch';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HostileServer, startHostileServer } from './hostile-server.js';

const limits = { maxBytes: 1000, timeoutMs: 20_000 };

let server: HostileServer;
let opened: SafeHttp[];
beforeEach(async () => {
  server = await startHostileServer();
  server.answer('/a', (response) => response.writeHead(200, { connection: 'close' }).end('x'));
  opened = [];
});
afterEach(async () => {
  await server.stop();
  for (const http of opened) await http.close();
});

function openHttp(allowedPrivateNetworks: readonly string[], lookup?: Lookup): SafeHttp {
  const http = new SafeHttp({ allowedPrivateNetworks, ...(lookup && { lookup }) });
  opened.push(http);
  return http;
}

/** A resolver that gives these answers, one a question. */
function answering(...answers: string[][]): { lookup: Lookup; asked: string[] } {
  const asked: string[] = [];
  const lookup: Lookup = async (hostname) => {
    asked.push(hostname);
    const addresses = answers.shift();
    if (addresses === undefined) throw new Error('asked once too often');
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };
  return { lookup, asked };
}

describe('addresses behind names', () => {
  it.each([
    ['loopback', '127.0.0.1'],
    ['private', '10.0.0.1'],
    ['the metadata service', '169.254.169.254'],
    ['IPv6 loopback', '::1'],
    ['mapped loopback', '::ffff:127.0.0.1'],
    ['a link-local address with its zone', 'fe80::1%lo'],
  ])('refuses a name that resolves to %s, and does not tell the address', async (_, address) => {
    const http = openHttp([], answering([address]).lookup);
    const failure = http.fetchBytes(`http://rebind.example:${server.port}/a`, limits);
    await expect(failure).rejects.toBeInstanceOf(UrlNotAllowedError);
    await expect(failure).rejects.toMatchObject({ host: 'rebind.example', address });
    await expect(failure).rejects.not.toThrow(address);
    expect(server.connectionCount).toBe(0);
  });

  it('resolves once per connection, so an address changed in between is no way in', async () => {
    // 127.0.0.1 stands for the public address here: it alone is allowed, and 127.0.0.2 is off limits.
    const { lookup, asked } = answering(['127.0.0.1'], ['127.0.0.2']);
    const http = openHttp(['127.0.0.1/32'], lookup);
    const url = `http://rebind.example:${server.port}/a`;
    expect(await http.fetchBytes(url, limits)).toHaveLength(1);
    expect(asked).toEqual(['rebind.example']);
    await expect(http.fetchBytes(url, limits)).rejects.toMatchObject({
      code: 'url_not_allowed',
      address: '127.0.0.2',
    });
    expect(server.connectionCount).toBe(1);
  });

  it('checks what a redirect resolves to', async () => {
    const location = `http://rebind.example:${server.port}/a`;
    server.answer('/moved', (response) => response.writeHead(302, { location, connection: 'close' }).end());
    const http = openHttp(['127.0.0.1/32'], answering(['127.0.0.1'], ['127.0.0.2']).lookup);
    await expect(
      http.fetchBytes(`http://rebind.example:${server.port}/moved`, limits),
    ).rejects.toBeInstanceOf(UrlNotAllowedError);
    expect(server.requests.map(({ path }) => path)).toEqual(['/moved']);
  });

  it('connects to the allowed one of several addresses', async () => {
    const http = openHttp(['127.0.0.1/32'], answering(['127.0.0.2', '10.0.0.1', '127.0.0.1']).lookup);
    expect(await http.fetchBytes(`http://mixed.example:${server.port}/a`, limits)).toHaveLength(1);
  });

  it('reaches localhost by the resolver of the system where loopback is allowed, and not else', async () => {
    const url = `http://localhost:${server.port}/a`;
    expect(await openHttp(['127.0.0.0/8']).fetchBytes(url, limits)).toHaveLength(1);
    await expect(openHttp([]).fetchBytes(url, limits)).rejects.toBeInstanceOf(UrlNotAllowedError);
    expect(server.connectionCount).toBe(1);
  });

  it('takes a resolver that fails, and one that knows no address, for a passing failure', async () => {
    for (const lookup of [answering().lookup, answering([]).lookup]) {
      const failure = openHttp([], lookup).fetchBytes('http://gone.example/', limits);
      await expect(failure).rejects.toMatchObject({ code: 'image_fetch_failed', retryable: true });
    }
  });

  it('gives up on a resolver that never answers', async () => {
    const http = openHttp([], () => new Promise(() => undefined));
    await expect(
      http.fetchBytes('http://slow.example/', { ...limits, timeoutMs: 100 }),
    ).rejects.toMatchObject({
      code: 'image_fetch_timeout',
    });
    // Far below the time that connecting may take.
  }, 5_000);
});

describe('close', () => {
  it('waits for an exchange under way', async () => {
    const asked = withResolvers();
    const released = withResolvers();
    server.answer('/slow', (response) => {
      asked.resolve();
      void released.promise.then(() => response.end('x'));
    });
    const http = openHttp(['127.0.0.0/8']);
    const fetching = http.fetchBytes(`${server.origin}/slow`, limits);
    await asked.promise;
    const closing = http.close();
    released.resolve();
    expect(await fetching).toHaveLength(1);
    await closing;
  });
});

describe('post with httpsOnly', () => {
  const options = { headers: {}, body: '{}', timeoutMs: 20_000, httpsOnly: true };

  it('goes over http into an allowed network, by name or address', async () => {
    const http = openHttp(['127.0.0.1/32'], answering(['127.0.0.1']).lookup);
    for (const host of ['receiver.example', '127.0.0.1']) {
      const url = `http://${host}:${server.port}/a`;
      expect(await http.post(url, options)).toEqual({ status: 200, retryAfterMs: undefined, excerpt: '' });
    }
  });

  it('goes over http to no public address', async () => {
    const http = openHttp(
      ['127.0.0.1/32'],
      answering(['93.184.215.14'], ['93.184.215.14', '127.0.0.1']).lookup,
    );
    await expect(http.post('http://receiver.example/', options)).rejects.toMatchObject({
      code: 'url_not_allowed',
      address: '93.184.215.14',
    });
    await http.post(`http://receiver.example:${server.port}/a`, options);
    expect(server.connectionCount).toBe(1);
  });
});

describe('post', () => {
  it('sends body and headers, and gives status and Retry-After', async () => {
    server.answer('/hook', (response) => response.writeHead(503, { 'retry-after': '3' }).end('busy'));
    const http = openHttp(['127.0.0.0/8']);
    const headers = { 'content-type': 'application/json', 'x-own': 'y' };
    const result = await http.post(`${server.origin}/hook`, {
      headers,
      body: '{"a":"ü"}',
      timeoutMs: 20_000,
    });
    expect(result).toEqual({ status: 503, retryAfterMs: 3000, excerpt: '' });
    expect(server.requests).toMatchObject([{ method: 'POST', path: '/hook', body: '{"a":"ü"}', headers }]);
  });

  it('follows no redirect', async () => {
    server.answer('/hook', (response) => response.writeHead(307, { location: '/a' }).end());
    const http = openHttp(['127.0.0.0/8']);
    const result = await http.post(`${server.origin}/hook`, { headers: {}, body: '', timeoutMs: 20_000 });
    expect(result.status).toBe(307);
    expect(server.requests).toHaveLength(1);
  });

  it('waits for no body', async () => {
    server.answer('/hook', (response) => void response.writeHead(200).write('x'));
    const http = openHttp(['127.0.0.0/8']);
    const options = { headers: {}, body: '', timeoutMs: 20_000 };
    expect((await http.post(`${server.origin}/hook`, options)).status).toBe(200);
  });

  it('gives up after its time', async () => {
    server.answer('/hook', () => undefined);
    const options = { headers: {}, body: '', timeoutMs: 100 };
    await expect(openHttp(['127.0.0.0/8']).post(`${server.origin}/hook`, options)).rejects.toMatchObject({
      code: 'image_fetch_timeout',
    });
  });
});

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
