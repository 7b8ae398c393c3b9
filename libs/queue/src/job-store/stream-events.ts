import { RedisUnavailableError } from '../errors.js';
import { type JobStreamEvent } from '../job-queue.js';
import { type JobNotifications } from './job-notifications.js';
import { isFinal, type JobReader } from './job-reader.js';

const STREAM_ID = /^\d{1,19}-\d{1,19}$/;
const BEFORE_ALL = '0-0';

/**
 * Yields a job's events after `afterId` until the final one, also where the stream itself has expired or was trimmed.
 * An `afterId` that no stream can have given out counts as none. While Redis is away it waits, once it has begun.
 * @throws {RedisUnavailableError} when Redis is away at the start
 */
export async function* streamEvents(
  { reader, notifications }: { reader: JobReader; notifications: JobNotifications },
  id: string,
  { afterId, signal }: { afterId?: string; signal: AbortSignal },
): AsyncGenerator<JobStreamEvent, void, undefined> {
  let cursor = afterId !== undefined && STREAM_ID.test(afterId) ? afterId : BEFORE_ALL;
  // Watched before the first look, so that nothing that comes after the look goes unnoticed.
  const watch = notifications.watch(id);
  try {
    let look = await lookAt(reader, id, cursor);
    while (!signal.aborted) {
      for (const event of look.events) {
        yield event;
        if (event.type === 'final' || signal.aborted) return;
        cursor = event.id;
      }
      if (look.end === 'gone') return;
      if (look.events.length === 0) {
        if (look.end !== undefined) return yield { id: idAfter(cursor), type: 'final', status: look.end };
        await watch.changed(signal);
      }
      look = await lookAgain(reader, id, cursor);
    }
  } finally {
    watch.close();
  }
}

type Look = Awaited<ReturnType<typeof lookAt>>;

/** The record first: where it is final, the events read after it are all there will ever be. */
async function lookAt(reader: JobReader, id: string, cursor: string) {
  const record = await reader.record(id);
  const events = await reader.eventsAfter(id, cursor);
  if (record === undefined) return { events, end: 'gone' as const };
  return { events, end: isFinal(record.status) ? record.status : undefined };
}

/** Redis away is like no news: its return wakes the reader. */
async function lookAgain(reader: JobReader, id: string, cursor: string): Promise<Look> {
  try {
    return await lookAt(reader, id, cursor);
  } catch (error) {
    if (!(error instanceof RedisUnavailableError)) throw error;
    return { events: [], end: undefined };
  }
}

/** An id greater than `cursor`, for a final event that no stream holds. */
function idAfter(cursor: string): string {
  const [milliseconds = '0', sequence = '0'] = cursor.split('-');
  return `${milliseconds}-${BigInt(sequence) + 1n}`;
}
