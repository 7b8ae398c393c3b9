import {
  type BatchEvent,
  type BatchEventType,
  type EventType,
  type JobEvent,
  type JobEventType,
} from '@tessera/contracts';

/** Receivers are built for small bodies; Standard Webhooks asks for less than 20 kB. */
const MAX_BODY_BYTES = 20_000;

export interface EventIdentity<Type extends EventType> {
  /** The same on every attempt: the `webhook-id` header. */
  readonly id: string;
  readonly type: Type;
  readonly createdAtSeconds: number;
}

/** The event that tells of a job's end, with the whole job as its data, or what there is of it. */
export function toJobEvent(job: JobEvent['data'], identity: EventIdentity<JobEventType>): JobEvent {
  return { ...envelopeOf(identity), data: job };
}

/** The event that tells of a batch, as thin as OpenAI's. */
export function toBatchEvent(batchId: string, identity: EventIdentity<BatchEventType>): BatchEvent {
  return { ...envelopeOf(identity), data: { id: batchId } };
}

/** The body to send. Past 20 kB the data of a job is only `id`, `status` and `urls`: the receiver fetches the rest. */
export function encodeEvent(event: JobEvent | BatchEvent): string {
  const body = JSON.stringify(event);
  if (Buffer.byteLength(body) <= MAX_BODY_BYTES || !('status' in event.data)) return body;
  const { id, status, urls } = event.data;
  return JSON.stringify({ ...event, data: { id, status, urls } });
}

function envelopeOf<Type extends EventType>({ id, type, createdAtSeconds }: EventIdentity<Type>) {
  const timestamp = new Date(createdAtSeconds * 1000).toISOString();
  return { id, object: 'event' as const, type, created_at: createdAtSeconds, timestamp };
}
