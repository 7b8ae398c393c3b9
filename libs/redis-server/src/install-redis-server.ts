import { RedisServerMissingError } from './errors.js';
import { type RedisServerBinary, type RedisServerSearch, searchRedisServer } from './find-redis-server.js';
import { installWithApt } from './install/apt.js';
import { type InstallContext, type InstallOutcome } from './install/install-outcome.js';
import { installWithCommand } from './install/package-manager.js';
import { unpackWithApt } from './install/unpack-with-apt.js';
import { runCommand } from './run-command.js';

export interface InstallOptions {
  /** Where a server is unpacked when we may not install one on the system. */
  readonly dataDirectory: string;
  /** Receives a line before each thing that is done. */
  readonly log: (line: string) => void;
}

/** The server to use, installed first when there is none. @throws RedisServerMissingError */
export async function ensureRedisServer(options: InstallOptions): Promise<RedisServerBinary> {
  const { binary } = await searchRedisServer(options);
  return binary ?? (await installRedisServer(options));
}

/**
 * Gets a Redis server by the system's package manager: apt, dnf or apk as root, brew on macOS; where apt is there
 * without root, the packages are downloaded and unpacked under the data folder. No system service is started.
 * @throws RedisServerMissingError when none of these is possible or the server is still missing or too old.
 */
export async function installRedisServer(options: InstallOptions): Promise<RedisServerBinary> {
  const context: InstallContext = { ...options, isRoot: process.getuid?.() === 0 };
  const outcome = await installWithWhatIsThere(context);
  const search = await searchRedisServer(options);
  if (search.binary !== undefined) {
    options.log(`installed ${search.binary.product} ${search.binary.version}`);
    return search.binary;
  }
  throw new RedisServerMissingError(explainFailure(outcome, search));
}

async function installWithWhatIsThere(context: InstallContext): Promise<InstallOutcome> {
  if (process.platform === 'darwin') {
    return installWithCommand(context, { command: 'brew', args: ['install'], packages: ['redis', 'valkey'] });
  }
  if (await isThere('apt-get')) return context.isRoot ? installWithApt(context) : unpackWithApt(context);
  if (!context.isRoot) {
    return { kind: 'unavailable', reason: 'there is no apt-get here, and other package managers need root' };
  }
  if (await isThere('dnf')) {
    return installWithCommand(context, {
      command: 'dnf',
      args: ['install', '-y'],
      packages: ['redis', 'valkey'],
    });
  }
  if (await isThere('apk')) {
    return installWithCommand(context, {
      command: 'apk',
      args: ['add', '--no-cache'],
      packages: ['redis', 'valkey'],
    });
  }
  return { kind: 'unavailable', reason: 'none of apt-get, dnf and apk is on this system' };
}

async function isThere(command: string): Promise<boolean> {
  return (await runCommand(command, ['--version'])).found;
}

function explainFailure(outcome: InstallOutcome, { tooOld }: RedisServerSearch): string {
  const [oldest] = tooOld;
  if (oldest !== undefined)
    return `${oldest.command} is ${oldest.product} ${oldest.version}, which is too old`;
  return outcome.kind === 'installed' ? 'the installed package holds no server command' : outcome.reason;
}
