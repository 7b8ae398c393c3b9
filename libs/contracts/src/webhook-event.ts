import { z } from 'zod';
import type { Job } from './job.js';
import { webhookEventTypeSchema } from './job-request.js';

export const JOB_EVENT_TYPES = webhookEventTypeSchema.options;
export const BATCH_EVENT_TYPES = [
  'batch.completed',
  'batch.failed',
  'batch.expired',
  'batch.cancelled',
  'batch.in_progress',
] as const;
/** What an endpoint may be told of. */
export const EVENT_TYPES = [...JOB_EVENT_TYPES, ...BATCH_EVENT_TYPES] as const;

export type JobEventType = (typeof JOB_EVENT_TYPES)[number];
export type BatchEventType = (typeof BATCH_EVENT_TYPES)[number];
export type EventType = (typeof EVENT_TYPES)[number];

export const eventTypeSchema = z.enum(EVENT_TYPES);

/** Whether an event tells of a job; its data is the job then. */
export function isJobEventType(type: EventType): type is JobEventType {
  return JOB_EVENT_TYPES.some((jobType) => jobType === type);
}

/** What every event has, as Standard Webhooks and OpenAI's clients read it. */
interface EventEnvelope<Type extends EventType, Data> {
  id: string;
  object: 'event';
  type: Type;
  created_at: number;
  /** ISO 8601, as Standard Webhooks recommends. */
  timestamp: string;
  data: Data;
}

/** `data` is the job object, or its short form past 20 kB. */
export type JobEvent = EventEnvelope<JobEventType, Job | Pick<Job, 'id' | 'status' | 'urls'>>;

/** OpenAI's: the receiver fetches the Batch. */
export type BatchEvent = EventEnvelope<BatchEventType, { id: string }>;
