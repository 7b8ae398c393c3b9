import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Redis } from 'ioredis';
import { temporaryDirectory } from './temporary-directory.js';

const START_TIMEOUT_MS = 15_000;

export interface TestRedis {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Kills the server as `kill -9` does; its append-only file stays. */
  kill(): Promise<void>;
  /** Starts the server again on the same port and folder after {@link TestRedis.kill}. */
  restart(): Promise<void>;
  /** Ends the server and deletes its folder. */
  stop(): Promise<void>;
}

/** `always` as in production, where no acknowledged write may be lost by a kill; `everysec` is faster. */
export type AppendFsync = 'everysec' | 'always';

/**
 * Starts a Redis of the test file's own on a free loopback port, with an append-only file and `noeviction`, and waits
 * until it answers.
 */
export async function startTestRedis(appendFsync: AppendFsync = 'everysec'): Promise<TestRedis> {
  const directory = await temporaryDirectory('tessera-redis');
  const port = await freeLoopbackPort();
  const url = `redis://127.0.0.1:${port}`;
  const settings = { directory: directory.path, port, appendFsync };
  let server = await startServer(settings);
  const kill = async () => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    const exited = once(server, 'exit');
    server.kill('SIGKILL');
    await exited;
  };
  return {
    url,
    port,
    get pid() {
      return pidOf(server);
    },
    kill,
    restart: async () => {
      await kill();
      server = await startServer(settings);
    },
    stop: async () => {
      await kill();
      await directory.remove();
    },
  };
}

interface ServerSettings {
  readonly directory: string;
  readonly port: number;
  readonly appendFsync: AppendFsync;
}

function serverArguments({ directory, port, appendFsync }: ServerSettings): string[] {
  const settings = {
    bind: '127.0.0.1',
    port: String(port),
    dir: directory,
    appendonly: 'yes',
    appendfsync: appendFsync,
    'maxmemory-policy': 'noeviction',
  };
  return [...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]), '--save', ''];
}

async function startServer(settings: ServerSettings): Promise<ChildProcess> {
  const { port } = settings;
  const server = spawn('redis-server', serverArguments(settings), { stdio: 'ignore' });
  await once(server, 'spawn');
  const killWithUs = () => server.kill('SIGKILL');
  process.once('exit', killWithUs);
  server.once('exit', () => process.removeListener('exit', killWithUs));
  await waitUntilReady(server, port);
  return server;
}

async function waitUntilReady(server: ChildProcess, port: number): Promise<void> {
  const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  // Refused connections are expected until the server listens; the deadline below reports the rest.
  client.on('error', () => undefined);
  const exited = new AbortController();
  try {
    await Promise.race([
      client.ping(),
      once(server, 'exit', { signal: exited.signal }).then(([code]) => {
        throw new Error(`redis-server on port ${port} ended with code ${String(code)} before it was ready`);
      }),
      once(AbortSignal.timeout(START_TIMEOUT_MS), 'abort', { signal: exited.signal }).then(() => {
        throw new Error(`redis-server on port ${port} was not ready after ${START_TIMEOUT_MS} ms`);
      }),
    ]);
  } finally {
    exited.abort();
    client.disconnect();
  }
}

function pidOf(server: ChildProcess): number {
  if (server.pid === undefined) throw new Error('redis-server has no process id');
  return server.pid;
}

/** A loopback port that was free a moment ago. */
export async function freeLoopbackPort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  if (address === null || typeof address === 'string') throw new Error('the probe has no TCP address');
  probe.close();
  await once(probe, 'close');
  return address.port;
}
