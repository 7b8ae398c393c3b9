import { join } from 'node:path';
import { runCommand } from './run-command.js';
import { isSupportedVersion, parseServerVersion, type ServerVersion } from './version.js';

const SERVER_NAMES = ['redis-server', 'valkey-server'] as const;

export interface RedisServerBinary extends ServerVersion {
  /** A name on PATH, or an absolute path. */
  readonly command: string;
}

export interface RedisServerSearch {
  /** The first server that is new enough. */
  readonly binary: RedisServerBinary | undefined;
  /** Servers that were found and are too old. */
  readonly tooOld: readonly RedisServerBinary[];
}

/** Folder of launchers of a server that was unpacked without root; may be put on PATH. */
export function unpackedBinaryDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'redis-server', 'bin');
}

/** Looks for `redis-server` and `valkey-server` on PATH, then for one unpacked under the data folder. */
export async function searchRedisServer({
  dataDirectory,
}: {
  dataDirectory: string;
}): Promise<RedisServerSearch> {
  const unpacked = SERVER_NAMES.map((name) => join(unpackedBinaryDirectory(dataDirectory), name));
  const tooOld: RedisServerBinary[] = [];
  for (const command of [...SERVER_NAMES, ...unpacked]) {
    const binary = await probe(command);
    if (binary === undefined) continue;
    if (isSupportedVersion(binary.version)) return { binary, tooOld };
    tooOld.push(binary);
  }
  return { binary: undefined, tooOld };
}

/** The server to use, or undefined when there is none of version 6.2 or newer. */
export async function findRedisServer(options: {
  dataDirectory: string;
}): Promise<RedisServerBinary | undefined> {
  return (await searchRedisServer(options)).binary;
}

async function probe(command: string): Promise<RedisServerBinary | undefined> {
  const { exitCode, output } = await runCommand(command, ['--version']);
  const version = exitCode === 0 ? parseServerVersion(output) : undefined;
  return version === undefined ? undefined : { command, ...version };
}
