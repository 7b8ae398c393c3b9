import { type Logger } from '@tessera/observability';
import { type QueueConnection } from '../connection.js';
import { keyRootOf } from '../redis-client.js';
import { subscribe, type Subscription } from '../subscription.js';

/** A reader looks again after this time even without a notification, since a half-open connection loses them. */
const LOOK_AGAIN_MS = 5_000;

/** What one reader waits on. A change that comes while nobody waits is kept for the next wait. */
export interface JobWatch {
  /** Resolves when the job may have changed since the last call, or when the signal aborts. */
  changed(signal: AbortSignal): Promise<void>;
  close(): void;
}

/** The one subscription of a process to what happens to jobs, shared by all its readers. */
export class JobNotifications {
  private readonly watchersByJob = new Map<string, Set<() => void>>();
  private subscription: Subscription | undefined;

  /** @throws {RedisUnavailableError} when Redis cannot be reached now */
  static async open(connection: QueueConnection, logger: Logger): Promise<JobNotifications> {
    const notifications = new JobNotifications();
    notifications.subscription = await subscribe(connection, `${keyRootOf(connection)}:notifications`, {
      logger,
      // Messages are "kind id".
      onMessage: (message) => notifications.notify(message.slice(message.indexOf(' ') + 1)),
      onResubscribed: () => notifications.wakeAll(),
    });
    return notifications;
  }

  watch(jobId: string): JobWatch {
    let isDirty = false;
    let wake: (() => void) | undefined;
    const notify = () => {
      isDirty = true;
      wake?.();
    };
    const watchers = this.watchersByJob.get(jobId) ?? new Set();
    this.watchersByJob.set(jobId, watchers.add(notify));
    return {
      changed: async (signal) => {
        if (!isDirty) await untilWoken(signal, (resolve) => (wake = resolve));
        wake = undefined;
        isDirty = false;
      },
      close: () => {
        watchers.delete(notify);
        if (watchers.size === 0) this.watchersByJob.delete(jobId);
      },
    };
  }

  /** Makes every reader look again. */
  wakeAll(): void {
    for (const jobId of this.watchersByJob.keys()) this.notify(jobId);
  }

  private notify(jobId: string): void {
    for (const notify of this.watchersByJob.get(jobId) ?? []) notify();
  }

  close(): void {
    this.subscription?.close();
    this.wakeAll();
  }
}

async function untilWoken(signal: AbortSignal, onWake: (wake: () => void) => void): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, LOOK_AGAIN_MS);
    signal.addEventListener('abort', finish, { once: true });
    onWake(finish);
  });
}
