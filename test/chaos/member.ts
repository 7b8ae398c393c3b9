import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { childEnvironment } from '@tessera/config';
import { findRepositoryRoot } from '@tessera/testing';

/** As `tessera up` restarts what has died, without the growth of its pauses. */
const RESTART_MS = 300;

export type ServiceName = 'api' | 'dispatcher' | 'worker';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A built process of the system that is started again whenever it ends, and can be struck at any moment. */
export class Member {
  /** How it ended without a signal of ours. */
  readonly ownExits: Exit[] = [];
  private child: ChildProcess | undefined;
  private isStopping = false;
  private expected: ChildProcess | undefined;
  private running: Promise<void> | undefined;

  constructor(
    readonly name: ServiceName,
    private readonly options: { environment: Record<string, string>; logFile: string },
  ) {}

  /** Of the process that runs now. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  start(): void {
    this.running ??= this.keepRunning();
  }

  /** Kills the process, if there is one, as `kill -9` does. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Asks the process to stop, and gives how it ended; undefined where there was none. */
  async drain(): Promise<Exit | undefined> {
    return this.end('SIGTERM');
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await this.end('SIGTERM');
    await this.running;
  }

  /** What it has logged, one object a line. */
  async log(): Promise<readonly Record<string, unknown>[]> {
    const text = await readFile(this.options.logFile, 'utf8');
    return text.split('\n').flatMap((line) => {
      // A line that a kill has cut off is no JSON.
      try {
        return [JSON.parse(line) as Record<string, unknown>];
      } catch {
        return [];
      }
    });
  }

  private async keepRunning(): Promise<void> {
    while (!this.isStopping) {
      const child = this.spawn();
      this.child = child;
      const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
      if (this.expected !== child) this.ownExits.push({ code, signal });
      this.child = undefined;
      if (!this.isStopping) await delay(RESTART_MS);
    }
  }

  private spawn(): ChildProcess {
    const main = path.join(findRepositoryRoot(), 'apps', this.name, 'dist', 'main.js');
    const log = openSync(this.options.logFile, 'a');
    try {
      return spawn(process.execPath, [main], {
        env: childEnvironment(this.options.environment),
        // The channel ends the process should we be killed.
        stdio: ['ignore', log, log, 'ipc'],
      });
    } finally {
      closeSync(log);
    }
  }

  private async end(signal: NodeJS.Signals): Promise<Exit | undefined> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return undefined;
    const exited = once(child, 'exit');
    this.expected = child;
    child.kill(signal);
    await exited;
    return { code: child.exitCode, signal: child.signalCode };
  }
}
