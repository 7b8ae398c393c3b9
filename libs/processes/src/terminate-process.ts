import { setTimeout as delay } from 'node:timers/promises';
import { isRunning, type ProcessReference } from './process-reference.js';

/** The kernel tells only a parent of an exit; for other processes one has to look. */
const POLL_INTERVAL_MS = 25;

/** How long the kernel may take to clear away a process after SIGKILL. */
const KILL_TIMEOUT_MS = 5_000;

/**
 * Ends a process that may not be our child: SIGTERM, then SIGKILL after `graceMs`.
 * @returns how it ended; `none` when it was not running.
 * @throws the system's error (EPERM) when the process belongs to someone else.
 */
export async function terminateProcess(
  reference: ProcessReference,
  { graceMs }: { graceMs: number },
): Promise<'none' | 'terminated' | 'killed'> {
  if (!sendSignal(reference, 'SIGTERM')) return 'none';
  if (await waitUntilGone(reference, graceMs)) return 'terminated';
  sendSignal(reference, 'SIGKILL');
  await waitUntilGone(reference, KILL_TIMEOUT_MS);
  return 'killed';
}

/** Waits until the process is gone; false when it is still there after `timeoutMs`. */
export async function waitUntilGone(reference: ProcessReference, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isRunning(reference)) {
    if (performance.now() >= deadline) return false;
    await delay(POLL_INTERVAL_MS);
  }
  return true;
}

function sendSignal(reference: ProcessReference, signal: NodeJS.Signals): boolean {
  if (!isRunning(reference)) return false;
  try {
    process.kill(reference.pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
