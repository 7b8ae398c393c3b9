import type { ErrorCode } from './error-codes.js';

export const JOB_STATUSES = ['queued', 'in_progress', 'completed', 'failed', 'cancelled', 'expired'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

/** Statuses that a job never leaves. */
export const FINAL_JOB_STATUSES = ['completed', 'failed', 'cancelled', 'expired'] as const;
export type FinalJobStatus = (typeof FINAL_JOB_STATUSES)[number];

export type FinishReason = 'stop' | 'length';

/** Token counts; `image_tokens` is tokens per tile x tiles, and is part of `prompt_tokens`. */
export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number; image_tokens: number };
}

/** How one image was cut: columns x rows tiles of the image, plus a thumbnail when there is more than one. */
export interface ImageTiles {
  columns: number;
  rows: number;
  /** All tiles, the thumbnail included. */
  tiles: number;
  width: number;
  height: number;
}

/** Milliseconds spent in every stage of a job. */
export interface JobTimings {
  queue_ms: number;
  fetch_ms: number;
  preprocess_ms: number;
  vision_ms: number;
  prefill_ms: number;
  decode_ms: number;
  total_ms: number;
}

export interface ModelReference {
  id: string;
  /** What exactly answered: the converted model's revision. */
  revision: string;
}

export interface JobError {
  code: ErrorCode;
  message: string;
  retryable: boolean;
}

export interface JobOutput {
  text: string;
  finish_reason: FinishReason;
}

/** The public job object of `/v1/jobs`, of webhooks and of the event stream. Times are Unix seconds. */
export interface Job {
  id: string;
  object: 'job';
  status: JobStatus;
  model: ModelReference | { id: string; revision: null };
  output: JobOutput | null;
  error: JobError | null;
  usage: Usage | null;
  /** One entry per image, in prompt order. */
  tiles: ImageTiles[] | null;
  timings: JobTimings | null;
  metadata: Record<string, string>;
  urls: { get: string; cancel: string; stream: string };
  created_at: number;
  started_at: number | null;
  finished_at: number | null;
  expires_at: number | null;
  attempts: number;
  /** Jobs before this one in its queue; only while `queued`. */
  queue_position?: number;
}

/** A token with its log probability by the model's own scores, before penalties and temperature. */
export interface TokenProbability {
  /** Its bytes as text; U+FFFD where it holds part of a character. */
  token: string;
  logprob: number;
  /** UTF-8. */
  bytes: number[];
}

/** A token of an answer, with the most likely ones at its place. */
export interface TokenLogprob extends TokenProbability {
  top_logprobs: TokenProbability[];
}

/** One of the answers to a request. */
export interface AnswerChoice extends JobOutput {
  /** One entry per token, where the request asked for them. */
  logprobs?: TokenLogprob[];
}

/** What a worker reports of a finished generation, ready to be stored. */
export interface Answer {
  /** The first choice's. */
  output: JobOutput;
  /** All choices, where the request asked for more than one text; absent: `output` is the only one. */
  choices?: AnswerChoice[];
  usage: Usage;
  tiles: ImageTiles[];
  timings: JobTimings;
  model: ModelReference;
}
