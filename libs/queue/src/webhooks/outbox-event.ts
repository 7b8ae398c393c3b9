import { eventTypeSchema } from '@tessera/contracts';
import { z } from 'zod';
import { toFields } from '../hash-reply.js';
import { type RelayedEvent } from './dispatch-scripts.js';
import { webhookReceiverId } from './receiver-id.js';

/** An entry of the outbox, as the scripts that end jobs and batches write it. */
const outboxFields = z.object({
  eventId: z.string(),
  eventType: eventTypeSchema,
  subjectId: z.string(),
  ownerId: z.string(),
  occurredAtMs: z.coerce.number(),
  /** The job's own webhook, where it has one that wants this event. */
  webhookUrl: z.string().optional(),
});

/** @throws {z.ZodError | TypeError} for an entry that no version of these scripts writes */
export function parseOutboxEvent(streamId: string, flat: readonly string[]): RelayedEvent {
  const { webhookUrl, ...event } = outboxFields.parse(toFields(flat));
  const ownReceiverId = webhookUrl === undefined ? undefined : webhookReceiverId(event.ownerId, webhookUrl);
  return { streamId, ...event, ownReceiverId };
}
