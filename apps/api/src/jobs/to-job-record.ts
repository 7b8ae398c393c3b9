import { type JobDraft, toJobRequest } from '@tessera/chat-completions';
import {
  type Caller,
  type CreateJobBody,
  DEFAULT_WEIGHT,
  type JobImage,
  type JobRecord,
  webhookEventTypeSchema,
} from '@tessera/contracts';

/** What a record needs beside the body and its draft. */
export interface JobContext {
  id: string;
  caller: Caller;
  model: string;
  /** The draft's images, in order, once they are stored. */
  images: JobImage[];
  baseUrl: string;
  requestId: string;
  createdAtMs: number;
  defaultMaxAttempts: number;
}

/** Puts together the record of a new, queued job. */
export function toJobRecord(body: CreateJobBody, draft: JobDraft, context: JobContext): JobRecord {
  const { policy } = body;
  return {
    id: context.id,
    ...ownershipOf(context.caller),
    status: 'queued',
    request: toJobRequest(draft, context),
    ...toWebhook(body),
    metadata: body.metadata ?? {},
    baseUrl: context.baseUrl,
    createdAtMs: context.createdAtMs,
    ...(policy?.ttl_seconds === undefined
      ? {}
      : { deadlineAtMs: context.createdAtMs + policy.ttl_seconds * 1000 }),
    ...(policy?.execution_timeout_seconds === undefined
      ? {}
      : { executionTimeoutMs: policy.execution_timeout_seconds * 1000 }),
    maxAttempts: policy?.max_attempts ?? context.defaultMaxAttempts,
    attempts: 0,
    requestId: context.requestId,
    cancelRequested: false,
  };
}

/** What a job or a batch takes over from whoever asks for it. */
export function ownershipOf({ ownerId, limits }: Caller): { ownerId: string; weight: number } {
  return { ownerId, weight: limits.weight ?? DEFAULT_WEIGHT };
}

function toWebhook({ webhook, webhook_events_filter }: CreateJobBody): Pick<JobRecord, 'webhook'> {
  if (webhook === undefined) return {};
  return { webhook: { url: webhook, events: webhook_events_filter ?? [...webhookEventTypeSchema.options] } };
}
