import type { Answer, JobError, JobStatus } from './job.js';
import type { WebhookEventType } from './job-request.js';

/** Where an image of a job comes from. Bytes never travel through Redis: inline images are objects in the store. */
export type ImageSource = { kind: 'url'; url: string } | { kind: 'object'; key: string; bytes: number };

/** A part of a message once its images are numbered: `image` is an index into {@link JobRequest.images}. */
export type PromptContent = { type: 'text'; text: string } | { type: 'image'; image: number };

export interface PromptMessage {
  role: 'system' | 'user' | 'assistant';
  content: PromptContent[];
}

export interface JobImage {
  source: ImageSource;
  /** Upper bound of tiles without thumbnail; absent: the model's default. */
  maxTiles?: number;
  minTiles?: number;
}

/** A validated image question: what a worker needs to answer it. */
export interface JobRequest {
  model: string;
  messages: PromptMessage[];
  images: JobImage[];
  /** Absent: DEFAULT_MAX_TOKENS, cut to what the context leaves. Given: refused when it does not fit. */
  maxTokens?: number;
}

/** A job as Redis keeps it. Times are Unix milliseconds. */
export interface JobRecord {
  id: string;
  status: JobStatus;
  request: JobRequest;
  webhook?: { url: string; events: WebhookEventType[] };
  metadata: Record<string, string>;
  /** Where the client reached us, for `urls`. */
  baseUrl: string;
  createdAtMs: number;
  startedAtMs?: number;
  finishedAtMs?: number;
  /** The job expires at this time unless finished. */
  deadlineAtMs?: number;
  executionTimeoutMs?: number;
  maxAttempts: number;
  attempts: number;
  /** x-request-id of the HTTP request that made the job. */
  requestId: string;
  cancelRequested: boolean;
  answer?: Answer;
  error?: JobError;
}
