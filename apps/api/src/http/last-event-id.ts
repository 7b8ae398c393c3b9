import { quote } from '@tessera/chat-completions';
import { InvalidValueError } from '../errors/request.errors.js';

/** Ids of our event streams are those of Redis streams: milliseconds, a dash, a count; that of the last one says so. */
const EVENT_ID = /^(?<afterId>\d{1,19}-\d{1,19})(?<end>-end)?$/;

/** How far a reader has come. */
export interface StreamPosition {
  /** The last event that it has seen. */
  afterId?: string;
  /** That was the last event of all. */
  ended: boolean;
}

/** The id under which the last event of a stream is sent. */
export function endEventId(id: string): string {
  return `${id}-end`;
}

/**
 * Where a reader wants to go on; an empty header counts as none.
 * @throws {InvalidValueError} unless it is an id that a stream of ours has sent
 */
export function readLastEventId(header: string | string[] | undefined): StreamPosition {
  if (header === undefined || header === '') return { ended: false };
  const groups = typeof header === 'string' ? EVENT_ID.exec(header)?.groups : undefined;
  if (groups?.['afterId'] !== undefined) {
    return { afterId: groups['afterId'], ended: groups['end'] !== undefined };
  }
  throw new InvalidValueError(
    `Last-Event-ID: must be the id of an event of this stream, given ${quote(header)}`,
    { param: 'Last-Event-ID' },
  );
}
