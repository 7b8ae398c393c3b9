import { isJobEventType } from '@tessera/contracts';
import { toJobObject, type WebhookDelivery } from '@tessera/queue';
import { encodeEvent, toBatchEvent, toJobEvent } from './event-body.js';

type Subject = Pick<WebhookDelivery, 'eventId' | 'eventType' | 'occurredAtMs' | 'subjectId' | 'job'>;

/** The body of an event: the same on every attempt, as a job that it holds is final. */
export function toEventBody({ eventId, eventType, occurredAtMs, subjectId, job }: Subject): string {
  const createdAtSeconds = Math.floor(occurredAtMs / 1000);
  if (!isJobEventType(eventType)) {
    return encodeEvent(toBatchEvent(subjectId, { id: eventId, type: eventType, createdAtSeconds }));
  }
  if (job === undefined) throw new Error(`the event ${eventId} came without its job`);
  return encodeEvent(toJobEvent(toJobObject(job), { id: eventId, type: eventType, createdAtSeconds }));
}
