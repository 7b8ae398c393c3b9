import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { childEnvironment } from '@tessera/config';
import { findRepositoryRoot } from '@tessera/testing';

const root = findRepositoryRoot();
const MAIN = join(root, 'apps/cli/dist/main.js');

export const TINY_MODEL = join(root, 'models/tessera-tiny');
export const EXAMPLES = join(TINY_MODEL, 'examples');

export interface CliResult {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** Settings of the process; the rest of the environment is that of the test. */
  readonly environment?: Record<string, string>;
  readonly input?: Buffer;
  /** Put before `node`, such as a shell that sets limits. */
  readonly wrapper?: readonly string[];
}

export interface RunningCli {
  readonly process: ChildProcess;
  readonly ended: Promise<CliResult>;
}

/** Starts the built `tessera` command as a process of its own. */
export function startCli(words: readonly string[], options: CliOptions = {}): RunningCli {
  const [command = process.execPath, ...before] = [...(options.wrapper ?? []), process.execPath];
  const child = spawn(command, [...before, MAIN, ...words], {
    env: childEnvironment(options.environment ?? {}),
  });
  child.stdin.end(options.input ?? '');
  const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]).then(
    ([[exitCode, signal], stdout, stderr]) => ({
      exitCode: exitCode as number | null,
      signal: signal as NodeJS.Signals | null,
      stdout,
      stderr,
    }),
  );
  return { process: child, ended };
}

/** Runs the built `tessera` command to its end. */
export function runCli(words: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return startCli(words, options).ended;
}
