import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { acquireLockFile, LockHeldError, type LockFile } from '@tessera/processes';
import { EXIT_CODES, InterruptedError } from '../exit-status.js';
import { bringUp } from './bring-up.js';
import { ChildRegister } from './child-register.js';
import { AlreadyUpError } from './errors.js';
import { listenForStop } from './stop-signals.js';
import { type ServiceEvent } from './supervised-service.js';
import { SupervisedSystem } from './supervised-system.js';
import { formatWelcome } from './try-commands.js';
import { type UpOptions } from './up-options.js';

/**
 * Runs the whole system on this machine until it is told to stop; no process is left then.
 * @throws InterruptedError when told to stop before it was ready; what prevented the start
 */
export async function runUp(options: UpOptions): Promise<void> {
  const dataDirectory = options.config.data.directory;
  await mkdir(dataDirectory, { recursive: true });
  const lock = await lockDataDirectory(dataDirectory);
  try {
    await runLocked(options);
  } finally {
    await lock.release();
  }
}

async function runLocked(options: UpOptions): Promise<void> {
  const { config, terminal } = options;
  const register = new ChildRegister(config.data.directory);
  const killAll = () => register.killAll();
  // Whatever ends us: no child stays.
  process.once('exit', killAll);
  const signals = listenForStop(() => process.exit(EXIT_CODES.interrupted));
  const system = new SupervisedSystem({ onEvent: (event) => terminal.print(describeEvent(event)) });
  try {
    const { stopping } = signals;
    const ready = bringUp({ ...options, register, system, stopping });
    const url = await Promise.race([ready, interruption(stopping)]);
    terminal.settle();
    const logDirectory = join(config.data.directory, 'logs');
    const asksForKey = config.access.adminKey !== undefined;
    for (const line of formatWelcome({ url, logDirectory, asksForKey })) terminal.print(line);
    if (!stopping.aborted) await once(stopping, 'abort');
  } finally {
    terminal.settle();
    await system.stop((names) => terminal.print(`stopping ${names}`));
    if (system.hasStarted) terminal.print('everything has stopped');
    signals.release();
    process.removeListener('exit', killAll);
  }
}

async function lockDataDirectory(dataDirectory: string): Promise<LockFile> {
  return acquireLockFile(join(dataDirectory, 'up.lock')).catch((cause: unknown) => {
    throw cause instanceof LockHeldError
      ? new AlreadyUpError(dataDirectory, cause.owner.pid, { cause })
      : cause;
  });
}

async function interruption(stopping: AbortSignal): Promise<never> {
  if (!stopping.aborted) await once(stopping, 'abort');
  throw new InterruptedError();
}

function describeEvent(event: ServiceEvent): string {
  if (event.kind === 'ready') return `${event.name} is ready (process ${event.pid})`;
  // The rest of a reason is what the process logged; that is in its log, and in the error if it never starts.
  const [reason] = event.reason.split('\n');
  return `${reason ?? ''}; starting ${event.name} again in ${event.delayMs / 1000} s`;
}
