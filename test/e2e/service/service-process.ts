import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { childEnvironment } from '@tessera/config';
import { findRepositoryRoot } from '@tessera/testing';

type LogLine = Record<string, unknown> & { msg?: string };

/** A built process of the system under test, and what it has logged. */
export class ServiceProcess {
  readonly lines: LogLine[] = [];
  private readonly output: string[] = [];
  private readonly waiting = new Set<() => void>();

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface(stream).on('line', (line) => this.take(line));
    }
    child.once('exit', () => this.wake());
  }

  static start(name: 'api' | 'dispatcher' | 'worker', environment: Record<string, string>): ServiceProcess {
    const main = path.join(findRepositoryRoot(), 'apps', name, 'dist', 'main.js');
    const child = spawn(process.execPath, [main], {
      env: childEnvironment({ TESSERA_LOG_LEVEL: 'info', ...environment }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new ServiceProcess(name, child);
  }

  /** The first line with this message, now or later. Rejects when the process ends without one. */
  async logged(message: string): Promise<LogLine> {
    for (;;) {
      const line = this.lines.find(({ msg }) => msg === message);
      if (line !== undefined) return line;
      if (this.ended) throw new Error(`${this.name} ended before "${message}":\n${this.output.join('\n')}`);
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  /** The most memory it has held so far, as Linux counts it. */
  async peakMemoryBytes(): Promise<number> {
    const status = await readFile(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Asks the process to stop and waits until it has; gives its exit code. */
  async stop(): Promise<number | null> {
    await this.end('SIGTERM');
    return this.child.exitCode;
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.ended) return;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
  }

  private get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  private take(line: string): void {
    this.output.push(line);
    try {
      this.lines.push(JSON.parse(line) as LogLine);
    } catch {
      // A stack trace or a library's own print: kept in `output` for the failure message.
    }
    this.wake();
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}
