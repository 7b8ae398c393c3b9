import { type JobRecord } from '@tessera/contracts';
import { RedisUnavailableError } from '../errors.js';
import { type JobNotifications } from './job-notifications.js';
import { isFinal, type JobReader } from './job-reader.js';

/** The longest delay that a timer takes. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Resolves with the record once it is final, or with the last one seen when the time is over or the signal aborts.
 * An outage of Redis after the first look only costs time.
 * @throws {RedisUnavailableError} when Redis is away at the start
 */
export async function waitForFinal(
  { reader, notifications }: { reader: JobReader; notifications: JobNotifications },
  id: string,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
): Promise<JobRecord | undefined> {
  const watch = notifications.watch(id);
  const over = AbortSignal.timeout(Math.min(timeoutMs, LONGEST_TIMEOUT_MS));
  const stop = signal === undefined ? over : AbortSignal.any([over, signal]);
  try {
    let record = await reader.record(id);
    while (record !== undefined && !isFinal(record.status) && !stop.aborted) {
      await watch.changed(stop);
      record = await readAgain(reader, record);
    }
    return record;
  } finally {
    watch.close();
  }
}

async function readAgain(reader: JobReader, last: JobRecord): Promise<JobRecord | undefined> {
  try {
    return await reader.record(last.id);
  } catch (error) {
    if (!(error instanceof RedisUnavailableError)) throw error;
    return last;
  }
}
