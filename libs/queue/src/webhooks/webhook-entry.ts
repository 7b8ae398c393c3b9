import { webhookEventTypeSchema } from '@tessera/contracts';
import { z } from 'zod';

/** Name of the queue of deliveries and of its entries; an entry's id is the event's id. */
export const WEBHOOK_QUEUE = 'webhook.deliver';

/** What a delivery's queue entry carries. */
export const webhookEntryData = z.object({ jobId: z.string(), eventType: webhookEventTypeSchema });
export type WebhookEntryData = z.infer<typeof webhookEntryData>;
