import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from '@tessera/observability';
import { type WebhookIndex } from '@tessera/queue';
import { EndpointBusyError } from '../errors.js';

/** Far longer than a write to the store takes; it only matters where a process dies. */
const LEASE_MS = 30_000;
const TRIES = 60;
const PAUSE_MS = 50;

/**
 * Does what no other process may do to the same thing meanwhile: reading, changing and writing an object of the store.
 * @throws {EndpointBusyError} when somebody else has been at it all the time
 */
export async function withLease<Result>(
  { index, logger }: { index: Pick<WebhookIndex, 'holdLease' | 'releaseLease'>; logger: Logger },
  name: string,
  action: () => Promise<Result>,
): Promise<Result> {
  const holder = randomUUID();
  for (let tries = 1; !(await index.holdLease(name, holder, LEASE_MS)); tries += 1) {
    if (tries === TRIES) throw new EndpointBusyError(name);
    await delay(PAUSE_MS);
  }
  try {
    return await action();
  } finally {
    await index.releaseLease(name, holder).catch((err: unknown) => {
      // What was done is done; the lease ends by itself.
      logger.warn({ err, lease: name }, 'could not release a lease');
    });
  }
}
