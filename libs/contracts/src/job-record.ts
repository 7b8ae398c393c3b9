import type { Answer, JobError, JobStatus } from './job.js';
import type { WebhookEventType } from './job-request.js';
import type { JobSampling } from './sampling.js';

/** Where an image of a job comes from. Bytes never travel through Redis: inline images are objects in the store. */
export type ImageSource =
  | { kind: 'url'; url: string }
  /** In a bucket that the operator allows. */
  | { kind: 's3'; bucket: string; key: string }
  | { kind: 'object'; key: string; bytes: number };

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
  /** Absent: greedy. */
  sampling?: JobSampling;
  /** Strings that end the answer, before them. */
  stop?: string[];
  /** Answers to be made; absent: one. */
  n?: number;
  /** Asks for every token's log probability, with those of the `top` most likely ones. */
  logprobs?: { top: number };
}

/** A job as Redis keeps it. Times are Unix milliseconds. */
export interface JobRecord {
  id: string;
  /** Whose it is: id of an API key, or `ADMIN_OWNER_ID`. */
  ownerId: string;
  /** Share of the workers that its owner gets, in proportion to other owners'. */
  weight: number;
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
  /** Part of a request that waits for its answer on an open connection: it is in no list, and its answer is stored nowhere else. */
  isHidden?: boolean;
  answer?: Answer;
  error?: JobError;
}
