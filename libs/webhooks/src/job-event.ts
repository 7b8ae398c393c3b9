import { type Job, type JobEvent, type WebhookEventType } from '@tessera/contracts';

/** Receivers are built for small bodies; Standard Webhooks asks for less than 20 kB. */
const MAX_BODY_BYTES = 20_000;

export interface EventIdentity {
  /** The same on every attempt: the `webhook-id` header. */
  readonly id: string;
  readonly type: WebhookEventType;
  readonly createdAtSeconds: number;
}

/** The event that tells of a job's end, with the whole job as its data. */
export function toJobEvent(job: Job, { id, type, createdAtSeconds }: EventIdentity): JobEvent {
  const timestamp = new Date(createdAtSeconds * 1000).toISOString();
  return { id, object: 'event', type, created_at: createdAtSeconds, timestamp, data: job };
}

/** The body to send. Past 20 kB the data is only `id`, `status` and `urls`: the receiver fetches the rest. */
export function encodeEvent(event: JobEvent): string {
  const body = JSON.stringify(event);
  if (Buffer.byteLength(body) <= MAX_BODY_BYTES) return body;
  const { id, status, urls } = event.data;
  return JSON.stringify({ ...event, data: { id, status, urls } } satisfies JobEvent);
}
