import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { type Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { childEnvironment } from '@tessera/config';
import { type ChildRegister } from './child-register.js';
import { ServiceExitedError } from './errors.js';
import { describeExit, type RunningService, type Service } from './service.js';
import { type ServiceLog } from './service-log.js';
import { waitUntilReady } from './wait-until-ready.js';

/** A process that inherited the child's output might hold it open for ever. */
const OUTPUT_TIMEOUT_MS = 1_000;

/** What one start of the service needs. */
export interface Launch {
  /** On top of our own environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly readyUrl: string;
  /** A stream that the child holds open as long as it lives. */
  readonly holder: Writable | undefined;
}

export interface NodeServiceOptions {
  readonly name: string;
  /** The script that Node runs. */
  readonly script: string;
  readonly arguments?: readonly string[];
  readonly prepare: () => Promise<Launch>;
  readonly log: ServiceLog;
  readonly register: ChildRegister;
  /** Time that it gets to stop before it is killed. */
  readonly stopTimeoutMs: number;
}

/** A Node process of ours with a readiness endpoint. */
export class NodeService implements Service {
  readonly name: string;

  constructor(private readonly options: NodeServiceOptions) {
    this.name = options.name;
  }

  async start(signal: AbortSignal): Promise<RunningService> {
    signal.throwIfAborted();
    const { environment, readyUrl, holder } = await this.options.prepare();
    const child = this.#spawn(environment, holder);
    const pid = await pidOf(child);
    const exited = exitOf(child);
    const stop = () => endChild(child, exited, this.options.stopTimeoutMs);
    const waiting = new AbortController();
    const early = exited.then((exit) => {
      throw new ServiceExitedError(this.name, exit, [...this.options.log.tail]);
    });
    try {
      await Promise.race([waitUntilReady(readyUrl, AbortSignal.any([signal, waiting.signal])), early]);
    } catch (error) {
      await stop();
      throw error;
    } finally {
      waiting.abort();
    }
    return { pid, exited, stop };
  }

  #spawn(environment: Launch['environment'], holder: Writable | undefined): ChildProcess {
    const { script, arguments: scriptArguments = [], register, log } = this.options;
    // The channel tells the child when we are gone (`stopWithParent`). Detached, so that Ctrl-C in a terminal reaches
    // us alone and we stop the services in their order.
    const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', 'ipc', ...(holder === undefined ? [] : [holder])];
    const child = spawn(process.execPath, [script, ...scriptArguments], {
      env: childEnvironment(environment),
      stdio,
      detached: true,
    });
    register.add(child);
    log.follow(child);
    return child;
  }
}

async function pidOf(child: ChildProcess): Promise<number> {
  if (child.pid !== undefined) return child.pid;
  const [error] = (await once(child, 'error')) as [Error];
  throw error;
}

/** Waits a little for the end of its output too, so that its last words are in the log. */
async function exitOf(child: ChildProcess): Promise<string> {
  const closed = once(child, 'close');
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  await Promise.race([closed, delay(OUTPUT_TIMEOUT_MS, undefined, { ref: false })]);
  return describeExit(code, signal);
}

async function endChild(child: ChildProcess, exited: Promise<string>, timeoutMs: number): Promise<void> {
  child.kill('SIGTERM');
  const deadline = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  await exited;
  clearTimeout(deadline);
}
