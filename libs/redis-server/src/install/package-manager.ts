import { lastLines, runCommand } from '../run-command.js';
import { type InstallContext, type InstallOutcome } from './install-outcome.js';

export interface PackageManager {
  readonly command: string;
  readonly args: readonly string[];
  /** Tried in this order: distributions that dropped Redis ship Valkey. */
  readonly packages: readonly string[];
}

/** Installs the first of the packages that the package manager has. */
export async function installWithCommand(
  { log }: Pick<InstallContext, 'log'>,
  { command, args, packages }: PackageManager,
): Promise<InstallOutcome> {
  const failures: string[] = [];
  for (const name of packages) {
    const line = [command, ...args, name].join(' ');
    log(`no Redis server found; running: ${line}`);
    const { exitCode, output, found } = await runCommand(command, [...args, name]);
    if (exitCode === 0) return { kind: 'installed' };
    if (!found) return { kind: 'unavailable', reason: `${command} is not installed` };
    failures.push(`"${line}" failed: ${lastLines(output, 3)}`);
  }
  return { kind: 'failed', reason: failures.join('; ') };
}
