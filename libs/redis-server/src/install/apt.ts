import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandResult, lastLines, runCommand } from '../run-command.js';
import { type InstallContext, type InstallOutcome } from './install-outcome.js';

const PACKAGES = ['redis-server', 'valkey-server'] as const;

/** What a package's scripts call to enable and start its service. */
const SERVICE_COMMANDS = [
  'invoke-rc.d',
  'update-rc.d',
  'deb-systemd-invoke',
  'deb-systemd-helper',
  'systemctl',
] as const;

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Installs Redis on the system as root. Its service is neither enabled nor started: Tessera runs a private server,
 * and one on port 6379 is nothing the operator asked for.
 */
export async function installWithApt({ log }: InstallContext): Promise<InstallOutcome> {
  const shims = await writeServiceShims();
  try {
    return await installFirstAvailable({
      log,
      update: ['update', '-q'],
      install: ['install', '-y', '-q', '--no-install-recommends', '-o', `DPkg::Path=${shims}:${SYSTEM_PATH}`],
      describe: (name) => `apt-get install ${name} (its service is not started)`,
    });
  } finally {
    await rm(shims, { recursive: true, force: true });
  }
}

export interface AptCommands {
  readonly log: (line: string) => void;
  readonly update: readonly string[];
  readonly install: readonly string[];
  readonly describe: (packageName: string) => string;
}

/**
 * Tries the packages in order; the package lists are fetched once, and only when the lists at hand did not do
 * (missing, as in container images, or so old that the files they name are gone).
 */
export async function installFirstAvailable({
  log,
  update,
  install,
  describe,
}: AptCommands): Promise<InstallOutcome> {
  let reason = '';
  for (const freshLists of [false, true]) {
    if (freshLists) {
      log('fetching package lists: apt-get update');
      const result = await runApt(update);
      if (result.exitCode !== 0)
        return { kind: 'failed', reason: `apt-get update failed: ${lastLines(result.output, 3)}` };
    }
    for (const name of PACKAGES) {
      log(`no Redis server found; running: ${describe(name)}`);
      const result = await runApt([...install, name]);
      if (result.exitCode === 0) return { kind: 'installed' };
      reason = `apt-get install ${name} failed: ${lastLines(result.output, 3)}`;
    }
  }
  return { kind: 'failed', reason };
}

/** `env` sets what makes apt ask nothing; a lock held by another apt is waited for. */
function runApt(args: readonly string[]): Promise<CommandResult> {
  return runCommand('env', [
    'DEBIAN_FRONTEND=noninteractive',
    'LC_ALL=C',
    'apt-get',
    '-o',
    'DPkg::Lock::Timeout=120',
    ...args,
  ]);
}

/** A folder of commands that do nothing and succeed, to stand first in the PATH of a package's scripts. */
async function writeServiceShims(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tessera-apt-'));
  await chmod(directory, 0o755);
  for (const name of SERVICE_COMMANDS) {
    await writeFile(join(directory, name), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  }
  return directory;
}
