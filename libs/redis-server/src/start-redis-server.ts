import { randomBytes } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Writable } from 'node:stream';
import { RedisServerStartError } from './errors.js';
import { freeLoopbackPort, isLoopbackPortTaken } from './free-loopback-port.js';
import { ensureRedisServer } from './install-redis-server.js';
import { launchServer, type LaunchedServer, type RedisServerExit } from './launch-server.js';
import { lastLines } from './run-command.js';
import { formatServerConfig } from './server-config.js';
import { claimServerDirectory, type ServerDirectory } from './server-directory.js';
import { waitUntilReady } from './wait-until-ready.js';

/** Another program may take a port between our look and the server's bind. */
const PORT_ATTEMPTS = 5;
const LOG_TAIL_LINES = 8;

/** Where a server listens and who may talk to it. */
export interface RedisEndpoint {
  readonly port: number;
  readonly password: string;
}

export interface StartOptions {
  /** Data goes to `redis/` under it, the server's log to `logs/redis.log`. */
  readonly dataDirectory: string;
  /** Receives a line before each thing that takes time. */
  readonly log: (line: string) => void;
  /** Where an earlier server listened, so that its clients find the new one. Absent: a free port, a new password. */
  readonly endpoint?: RedisEndpoint;
  /** Gives up a start under way, leaving no server behind. */
  readonly signal?: AbortSignal;
}

/** A private server of this process, ready for commands. */
export interface RedisServer {
  /** With its password. */
  readonly url: string;
  readonly endpoint: RedisEndpoint;
  readonly pid: number;
  /** Resolves once the server has ended, for whatever reason, and its folder is free again. */
  readonly exited: Promise<RedisServerExit>;
  /**
   * The server ends by itself when we are gone, even by `kill -9`, and so is every child of ours that got this stream
   * in its `stdio`.
   */
  readonly holder: Writable;
  /** Ends the server, by force if need be. */
  stop(): Promise<void>;
}

/**
 * Starts a private Redis (or Valkey) server on a loopback port and waits until it answers, however long it takes to
 * load its data. It is installed first where there is none. A server that a killed process left in the same folder
 * is ended, and its data used.
 * @throws RedisServerMissingError, RedisServerStartError, RedisDirectoryInUseError
 */
export async function startRedisServer(options: StartOptions): Promise<RedisServer> {
  const dataDirectory = resolve(options.dataDirectory);
  const { command } = await ensureRedisServer({ dataDirectory, log: options.log });
  await mkdir(join(dataDirectory, 'logs'), { recursive: true });
  const logFile = join(dataDirectory, 'logs', 'redis.log');
  const directory = await claimServerDirectory(join(dataDirectory, 'redis'), options.log);
  try {
    return await startOnSomePort({ ...options, command, directory, logFile });
  } catch (error) {
    await directory.release();
    throw error;
  }
}

interface Start extends Pick<StartOptions, 'endpoint' | 'signal'> {
  readonly command: string;
  readonly directory: ServerDirectory;
  readonly logFile: string;
}

async function startOnSomePort(start: Start): Promise<RedisServer> {
  const password = randomBytes(24).toString('base64url');
  for (let attempt = 1; ; attempt += 1) {
    const endpoint = start.endpoint ?? { port: await freeLoopbackPort(), password };
    try {
      return await startOn(endpoint, start);
    } catch (error) {
      const mayTryAnother = start.endpoint === undefined && attempt < PORT_ATTEMPTS;
      if (!mayTryAnother || !(error instanceof RedisServerStartError)) throw error;
      if (!(await isLoopbackPortTaken(endpoint.port))) throw error;
    }
  }
}

async function startOn(endpoint: RedisEndpoint, start: Start): Promise<RedisServer> {
  const { command, directory, logFile, signal } = start;
  const configFile = join(directory.path, 'redis.conf');
  // In a file of ours alone: arguments can be read by every user of the machine.
  await writeFile(configFile, formatServerConfig({ ...endpoint, directory: directory.path }), {
    mode: 0o600,
  });
  const logOffset = await sizeOf(logFile);
  signal?.throwIfAborted();
  const server = await launchServer({
    command,
    configFile,
    logFile,
    onSpawn: (pid) => directory.recordServer(pid),
  });
  try {
    await waitUntilReady({ endpoint, exited: server.exited, signal });
  } catch (error) {
    await server.end();
    if (!(error instanceof RedisServerStartError)) throw error;
    throw new RedisServerStartError(error.reason, await readTail(logFile, logOffset), { cause: error });
  }
  return toRedisServer(server, endpoint, directory);
}

function toRedisServer(
  server: LaunchedServer,
  endpoint: RedisEndpoint,
  directory: ServerDirectory,
): RedisServer {
  const released = server.exited.then(async (exit) => {
    await directory.release();
    return exit;
  });
  return {
    url: `redis://:${endpoint.password}@127.0.0.1:${endpoint.port}`,
    endpoint,
    pid: server.pid,
    exited: released,
    holder: server.holder,
    stop: async () => {
      await server.end();
      await released;
    },
  };
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

async function readTail(file: string, offset: number): Promise<string> {
  return lastLines((await readFile(file)).subarray(offset).toString(), LOG_TAIL_LINES);
}
