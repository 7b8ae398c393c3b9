import { toJobObject, type WebhookDelivery } from '@tessera/queue';
import { encodeEvent, toJobEvent } from '@tessera/webhooks';

/** The body of an event: the same on every attempt, as the job is final and its end is the event's time. */
export function toEventBody({
  record,
  eventId,
  eventType,
}: Pick<WebhookDelivery, 'record' | 'eventId' | 'eventType'>): string {
  const createdAtSeconds = Math.floor((record.finishedAtMs ?? record.createdAtMs) / 1000);
  return encodeEvent(toJobEvent(toJobObject(record), { id: eventId, type: eventType, createdAtSeconds }));
}
