import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describeProcess, waitUntilGone, type ProcessReference } from '@tessera/processes';
import {
  RedisDirectoryInUseError,
  RedisServerStartError,
  startRedisServer,
  type RedisServer,
} from '@tessera/redis-server';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: TemporaryDirectory;
let running: RedisServer[];
let owners: ChildProcess[];

beforeEach(async () => {
  // A name that a configuration file has to quote.
  folder = await temporaryDirectory('tessera redis "server"');
  running = [];
  owners = [];
});
afterEach(async () => {
  for (const owner of owners) owner.kill('SIGKILL');
  await Promise.all(running.map((server) => server.stop()));
  await folder.remove();
});

async function start(options: Partial<Parameters<typeof startRedisServer>[0]> = {}): Promise<RedisServer> {
  const server = await startRedisServer({ dataDirectory: folder.path, log: () => undefined, ...options });
  running.push(server);
  return server;
}

/** Runs `work` with a client; it must not try again by itself, so that a refusal is seen. */
async function withClient<Result>(url: string, work: (client: Redis) => Promise<Result>): Promise<Result> {
  const client = new Redis(url, { retryStrategy: () => null, lazyConnect: true });
  try {
    await client.connect();
    return await work(client);
  } finally {
    client.disconnect();
  }
}

async function askWithoutPassword(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end('GET key\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return answer.toString();
}

function referenceOf(pid: number): ProcessReference {
  const reference = describeProcess(pid);
  if (reference === undefined) throw new Error(`process ${pid} is not running`);
  return reference;
}

/** A process of its own that starts a server in the folder, and a child that holds the server if `held`. */
async function startOwner({ held = false } = {}): Promise<{
  owner: ChildProcess;
  server: number;
  holder?: number;
}> {
  const library = pathToFileURL(
    fileURLToPath(new URL('../../../libs/redis-server/dist/index.js', import.meta.url)),
  );
  const script = `
    import { spawn } from 'node:child_process';
    const { startRedisServer } = await import(${JSON.stringify(library.href)});
    const server = await startRedisServer({ dataDirectory: ${JSON.stringify(folder.path)}, log() {} });
    const holder = ${held} ? spawn('sleep', ['1000'], { stdio: ['ignore', 'ignore', 'ignore', server.holder] }) : undefined;
    console.log(JSON.stringify({ server: server.pid, holder: holder?.pid, url: server.url }));
    setInterval(() => {}, 1e6);
  `;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  owners.push(owner);
  const [line] = (await once(owner.stdout, 'data')) as [Buffer];
  return { owner, ...(JSON.parse(line.toString()) as { server: number; holder?: number }) };
}

describe('startRedisServer', () => {
  it('serves with append-only file and noeviction to those who know the password', async () => {
    const server = await start();
    const settings = await withClient(server.url, (client) =>
      client.config('GET', 'append*', 'maxmemory-policy', 'save'),
    );
    expect(settings).toEqual(
      expect.arrayContaining(['appendonly', 'yes', 'appendfsync', 'always', 'noeviction']),
    );
    expect(await askWithoutPassword(server.endpoint.port)).toContain('NOAUTH');
    expect((await stat(join(folder.path, 'redis', 'redis.conf'))).mode & 0o077).toBe(0);
  });

  it('keeps its data over a stop and a start', async () => {
    const first = await start();
    await withClient(first.url, (client) => client.set('key', 'value'));
    await first.stop();
    expect(describeProcess(first.pid)).toBeUndefined();
    const second = await start();
    expect(await withClient(second.url, (client) => client.get('key'))).toBe('value');
  });

  it('keeps data and address over a kill, for clients that hold on', async () => {
    const first = await start();
    const client = new Redis(first.url, { maxRetriesPerRequest: null, retryStrategy: () => 10 });
    client.on('error', () => undefined);
    await client.set('key', 'value');
    process.kill(first.pid, 'SIGKILL');
    expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });
    await start({ endpoint: first.endpoint });
    expect(await client.get('key')).toBe('value');
    client.disconnect();
  });

  it('refuses a folder where another live server works, naming both processes', async () => {
    const { owner, server } = await startOwner();
    const refusal = await start().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(RedisDirectoryInUseError);
    expect(refusal).toMatchObject({ serverPid: server, ownerPid: owner.pid });
  });

  it('ends a server that a killed owner left behind, and uses its data', async () => {
    const { owner, server, holder } = await startOwner({ held: true });
    const leftOver = referenceOf(server);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const lines: string[] = [];
    const second = await start({ log: (line) => lines.push(line) });
    expect(lines).toEqual([`ended Redis process ${server}, left over by a run that was killed`]);
    expect(await waitUntilGone(leftOver, 0)).toBe(true);
    expect(await withClient(second.url, (client) => client.ping())).toBe('PONG');
    process.kill(holder ?? 0, 'SIGKILL');
  });

  it('takes over a lock whose owner is gone', async () => {
    await mkdir(join(folder.path, 'redis'));
    const gone = JSON.stringify({ pid: process.pid, startedAt: 'earlier' });
    await writeFile(join(folder.path, 'redis', 'owner.lock'), gone);
    await writeFile(join(folder.path, 'redis', 'server.json'), gone);
    const server = await start();
    expect(await withClient(server.url, (client) => client.ping())).toBe('PONG');
  });

  it('ends with its owner, even one that is killed', async () => {
    const { owner, server } = await startOwner();
    const reference = referenceOf(server);
    owner.kill('SIGKILL');
    expect(await waitUntilGone(reference, 20_000)).toBe(true);
  });

  it('outlives a killed owner until the last process that holds it is gone', async () => {
    const { owner, server, holder } = await startOwner({ held: true });
    const reference = referenceOf(server);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    expect(await waitUntilGone(reference, 300)).toBe(false);
    process.kill(holder ?? 0, 'SIGKILL');
    expect(await waitUntilGone(reference, 20_000)).toBe(true);
  });

  it('reports what the server logged when it cannot start, and leaves the folder free', async () => {
    const other = createServer();
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const endpoint = { port: (other.address() as AddressInfo).port, password: 'secret' };
    const failure = await start({ endpoint }).catch((error: unknown) => error);
    other.close();
    expect(failure).toBeInstanceOf(RedisServerStartError);
    expect((failure as Error).message).toContain('Address already in use');
    await start({ endpoint });
  });

  it('gives up a start when told to, leaving no server behind', async () => {
    const stopping = new AbortController();
    const starting = start({ signal: stopping.signal });
    const reason = new Error('stopped');
    stopping.abort(reason);
    await expect(starting).rejects.toBe(reason);
    await start();
  });

  it('logs to a file in the data folder', async () => {
    await start();
    expect(await readFile(join(folder.path, 'logs', 'redis.log'), 'utf8')).toContain(
      'Ready to accept connections',
    );
  });
});
