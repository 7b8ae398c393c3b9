import { type Answer } from 'dns-packet';
import dns from 'node:dns/promises';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import {
  cachedLookup,
  type Lookup,
  NameResolver,
  type NameResolverOptions,
  type ResolvedAddress,
  SafeHttp,
} from '@tessera/safe-fetch';
import { type TemporaryDirectory, temporaryDirectory } from '@tessera/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startHostileServer } from './hostile-server.js';
import { type NameServer, startNameServer } from './name-server.js';

const v4: ResolvedAddress = { address: '192.0.2.1', family: 4 };
const v6: ResolvedAddress = { address: '2001:db8::1', family: 6 };
const never = () => new Promise<never>(() => undefined);

let server: NameServer;
let directory: TemporaryDirectory;
let opened: NameResolver[];
beforeEach(async () => {
  server = await startNameServer();
  directory = await temporaryDirectory();
  opened = [];
});
afterEach(async () => {
  for (const resolver of opened) resolver.close();
  await server.stop();
  await directory.remove();
});

const neverTheSystem: Lookup = async (hostname) => {
  throw new Error(`the system was asked for ${hostname}`);
};

/** With the test's server and files, none of which exist yet. */
function openResolver(options: NameResolverOptions = {}): NameResolver {
  const resolver = new NameResolver({
    servers: [server.address],
    hostsPath: join(directory.path, 'hosts'),
    resolvConfPath: join(directory.path, 'resolv.conf'),
    lookup: neverTheSystem,
    ...options,
  });
  opened.push(resolver);
  return resolver;
}

/** A reply with an address of each type that is given. */
function addresses(name: string, { A, AAAA }: { A?: string; AAAA?: string }) {
  return (type: string): readonly Answer[] => {
    if (type === 'A' && A !== undefined) return [{ type, name, data: A }];
    return type === 'AAAA' && AAAA !== undefined ? [{ type, name, data: AAAA }] : [];
  };
}

function answerWith(name: string, found: { A?: string; AAAA?: string }): void {
  server.answer(name, addresses(name, found));
}

describe('names with a dot', () => {
  it('have the addresses of both families, those first that the system would put first', async () => {
    answerWith('both.example', { A: v4.address, AAAA: v6.address });
    answerWith('four.example', { A: v4.address });
    answerWith('six.example', { AAAA: v6.address });
    const { lookup } = openResolver();
    const both = await lookup('both.example');
    expect([
      [v4, v6],
      [v6, v4],
    ]).toContainEqual(both);
    const order = dns.getDefaultResultOrder();
    dns.setDefaultResultOrder('ipv4first');
    try {
      expect(await lookup('both.example')).toEqual([v4, v6]);
    } finally {
      dns.setDefaultResultOrder(order);
    }
    expect(await lookup('four.example')).toEqual([v4]);
    expect(await lookup('six.example')).toEqual([v6]);
  });

  it('may be other names for one with addresses', async () => {
    server.answer('www.example', (type) => [
      { type: 'CNAME', name: 'www.example', data: 'cdn.example' },
      { type: 'CNAME', name: 'cdn.example', data: 'edge.example' },
      ...addresses('edge.example', { A: v4.address })(type),
    ]);
    expect(await openResolver().lookup('www.example')).toEqual([v4]);
  });

  it.each(['four.example', 'FOUR.example', 'four.example.'])('are found as %s', async (name) => {
    answerWith('four.example', { A: v4.address });
    expect(await openResolver().lookup(name)).toEqual([v4]);
  });

  it('are asked for in ASCII', async () => {
    answerWith('xn--bcher-kva.example', { A: v4.address });
    expect(await openResolver().lookup(new URL('http://BÜCHER.example').hostname)).toEqual([v4]);
    expect(server.questions.sort()).toEqual(['A xn--bcher-kva.example', 'AAAA xn--bcher-kva.example']);
  });

  it.each([
    ['that nobody has', 'nobody.example', 'ENOTFOUND'],
    ['without an address', 'empty.example', 'ENODATA'],
    ['that are none', 'a..example', 'EBADNAME'],
    ['whose server fails', 'broken.example', 'ESERVFAIL'],
    ['of which one family is unknown and the other failed', 'half.example', 'ESERVFAIL'],
  ])('%s are not found, and the system is not asked', async (_, name, code) => {
    server.answer('empty.example', () => []);
    server.answer('broken.example', () => 'failed');
    server.answer('half.example', (type) => (type === 'A' ? [] : 'failed'));
    await expect(openResolver().lookup(name)).rejects.toMatchObject({ code });
  });

  it('may be answered late', async () => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    server.answer('late.example', async (type) => {
      await released;
      return addresses('late.example', { A: v4.address })(type);
    });
    const late = openResolver().lookup('late.example');
    await server.asked(2);
    release();
    expect(await late).toEqual([v4]);
  });

  it('that are not answered in time are not found, and the system is not asked', async () => {
    server.answer('dead.example', never);
    await expect(openResolver({ timeoutMs: 50 }).lookup('dead.example')).rejects.toThrow(
      'dead.example was not resolved in time',
    );
  });

  it('have the addresses of one family where the question for the other is never answered', async () => {
    server.answer('half.example', (type) =>
      type === 'A' ? addresses('half.example', { A: v4.address })(type) : never(),
    );
    expect(await openResolver({ timeoutMs: 200 }).lookup('half.example')).toEqual([v4]);
  });

  it('that are never answered hold up neither others nor the resolver of the system', async () => {
    let endedCount = 0;
    const resolver = openResolver();
    const dead = Array.from({ length: 10 }, async (_, index) => {
      server.answer(`dead-${index}.example`, never);
      const found = await Promise.allSettled([resolver.lookup(`dead-${index}.example`)]);
      endedCount += 1;
      return found[0];
    });
    await server.asked(20);
    answerWith('four.example', { A: v4.address });
    expect(await resolver.lookup('four.example')).toEqual([v4]);
    expect(await dns.lookup('localhost', { all: true })).not.toHaveLength(0);
    expect(endedCount).toBe(0);
    resolver.close();
    for (const { status } of await Promise.all(dead)) expect(status).toBe('rejected');
  });
});

describe('names that the machine knows', () => {
  it('are those of its hosts file as it is now, whatever name servers say', async () => {
    const hostsPath = join(directory.path, 'hosts');
    const { lookup } = openResolver();
    await writeFile(hostsPath, '# 192.0.2.9 no.example\n192.0.2.1\tHere.example\tintranet # ours\n\n');
    for (const name of ['here.example', 'HERE.example.', 'intranet'])
      expect(await lookup(name)).toEqual([v4]);
    await expect(lookup('no.example')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    server.questions.length = 0;
    await writeFile(hostsPath, 'nonsense here.example\n2001:db8::1 no.example here.example\n');
    for (const name of ['here.example', 'no.example']) expect(await lookup(name)).toEqual([v6]);
    expect(server.questions).toEqual([]);
  });

  it('are those without a dot and those below localhost, which its resolver is asked for one at a time', async () => {
    const asked: string[] = [];
    let underWayCount = 0;
    let mostAtATime = 0;
    const lookup: Lookup = async (hostname) => {
      asked.push(hostname);
      underWayCount += 1;
      mostAtATime = Math.max(mostAtATime, underWayCount);
      await setImmediate();
      underWayCount -= 1;
      return [v4];
    };
    const resolver = openResolver({ lookup });
    const names = ['redis', 'a.localhost', 'localhost'];
    expect(await Promise.all(names.map(resolver.lookup))).toEqual([[v4], [v4], [v4]]);
    expect(asked).toEqual(names);
    expect(mostAtATime).toBe(1);
    expect(server.questions).toEqual([]);
  });

  it('are not asked for any more when their turn comes too late', async () => {
    let release: () => void = () => undefined;
    const lookup: Lookup = async (hostname) => {
      if (hostname !== 'slow') return neverTheSystem(hostname);
      await new Promise<void>((resolve) => (release = resolve));
      return [v4];
    };
    const resolver = openResolver({ lookup, timeoutMs: 50 });
    const slow = resolver.lookup('slow');
    const waiting = resolver.lookup('waiting');
    server.answer('dead.example', never);
    // Each takes the time that a turn may take to come.
    for (let i = 0; i < 2; i += 1) await expect(resolver.lookup('dead.example')).rejects.toThrow('in time');
    release();
    expect(await slow).toEqual([v4]);
    await expect(waiting).rejects.toThrow('waiting was not looked up in time');
  });

  it('may lie in its search domains', async () => {
    await writeFile(
      join(directory.path, 'resolv.conf'),
      'nameserver 192.0.2.53\nsearch jobs.svc.cluster.local svc.cluster.local\noptions ndots:3\n',
    );
    answerWith('hooks.shop.svc.cluster.local', { A: v4.address });
    answerWith('hooks.shop', { AAAA: v6.address });
    const { lookup } = openResolver();
    expect(await lookup('hooks.shop')).toEqual([v4]);
    expect(await lookup('hooks.shop.')).toEqual([v6]);
  });

  it('are its own addresses', async () => {
    const { lookup } = openResolver();
    expect(await lookup('192.0.2.1')).toEqual([v4]);
    expect(await lookup('2001:db8::1')).toEqual([v6]);
    expect(server.questions).toEqual([]);
  });
});

describe('requests by name', () => {
  it('are refused once the name leads elsewhere, and the server is asked for each connection', async () => {
    const http = await startHostileServer();
    http.answer('/a', (response) => response.writeHead(200, { connection: 'close' }).end('x'));
    const lookup = cachedLookup({ lookup: openResolver().lookup, ttlMs: 0 });
    // 127.0.0.1 stands for the public address here: it alone is allowed, and 127.0.0.2 is off limits.
    const safeHttp = new SafeHttp({ allowedPrivateNetworks: ['127.0.0.1/32'], lookup });
    try {
      const fetch = () =>
        safeHttp.fetchBytes(`http://rebind.example:${http.port}/a`, { maxBytes: 1000, timeoutMs: 20_000 });
      answerWith('rebind.example', { A: '127.0.0.1' });
      expect(await fetch()).toHaveLength(1);
      answerWith('rebind.example', { A: '127.0.0.2', AAAA: '::1' });
      await expect(fetch()).rejects.toMatchObject({ code: 'url_not_allowed', host: 'rebind.example' });
      expect(http.connectionCount).toBe(1);
    } finally {
      await safeHttp.close();
      await http.stop();
    }
  });
});
