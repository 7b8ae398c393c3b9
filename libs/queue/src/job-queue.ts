import type {
  Answer,
  Job,
  JobError,
  JobRecord,
  JobStatus,
  KeyLimits,
  ServedModel,
  TokenLogprob,
} from '@tessera/contracts';

/** What an Idempotency-Key has done before. */
export type EarlierUse =
  /** It made this job with the same body. */
  | { kind: 'replayed'; record: JobRecord }
  /** It came with another body. */
  | { kind: 'key_reused' };

/** What `createJob` did. Nothing was kept unless `created`. */
export type CreateJobOutcome =
  | EarlierUse
  | { kind: 'created'; record: JobRecord }
  | { kind: 'queue_full'; waitingJobCount: number; limit: number }
  /** As many jobs of the owner are waiting as may. */
  | { kind: 'owner_queue_full'; waitingJobCount: number; limit: number }
  /** With the job's images the owner would have more bytes stored than it may. */
  | { kind: 'store_full'; storedBytes: number; limitBytes: number };

export interface Idempotency {
  /** Another owner's key of the same text is another key. */
  ownerId: string;
  key: string;
  bodySha256: string;
}

export interface NewJob {
  record: JobRecord;
  priority: 'normal' | 'low';
  /** Time that the job is kept once it has ended; absent: that of the store. */
  retentionSeconds?: number;
  idempotency?: Idempotency;
  /** Bytes of images that are stored with the job and for it alone. */
  imageBytes?: number;
  /** What its owner is held to; absent: nothing. */
  limits?: Pick<KeyLimits, 'queuedJobs' | 'storedBytes'>;
}

export type CancelOutcome = 'cancelled' | 'requested' | 'already_final' | 'not_found';

export interface JobQuery {
  ownerId: string;
  limit: number;
  /** Id of the last record already seen. */
  after?: string;
  status?: JobStatus;
}

export interface JobPage {
  records: JobRecord[];
  hasMore: boolean;
}

/** New text of one of an answer's choices, with the log probabilities of its tokens where they were asked for. */
export interface TextPiece {
  readonly choice: number;
  readonly text: string;
  readonly logprobs?: readonly TokenLogprob[];
}

/** A piece of a job's event stream. `id` grows, and is what a reader passes to resume after it. */
export type JobStreamEvent =
  | ({ id: string; type: 'text' } & TextPiece)
  /** The job reached a final status; nothing follows. */
  | { id: string; type: 'final'; status: JobStatus }
  /** A new attempt begins: text sent so far is void. */
  | { id: string; type: 'restart' };

/** Job records and queues as the API sees them. */
export interface JobStore {
  createJob(job: NewJob): Promise<CreateJobOutcome>;
  /** Undefined for a key that was not used before, or whose job is gone. */
  findEarlierUse(idempotency: Idempotency): Promise<EarlierUse | undefined>;
  getJob(id: string): Promise<JobRecord | undefined>;
  /** Newest first, without hidden ones. @throws {UnknownCursorError} */
  listJobs(query: JobQuery): Promise<JobPage>;
  requestCancel(id: string): Promise<CancelOutcome>;
  /** Removes a final job's record; false when there is none. */
  deleteJob(id: string): Promise<boolean>;
  /** Jobs ahead of this one, or undefined when it is not waiting. */
  queuePosition(record: JobRecord): Promise<number | undefined>;
  /** Resolves with the record once it is final, or as it is when `timeoutMs` passes or the signal aborts. */
  waitForFinal(
    id: string,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<JobRecord | undefined>;
  /** Events after `afterId` (all when absent), until the final one or the signal aborts. */
  streamEvents(id: string, options: { afterId?: string; signal: AbortSignal }): AsyncIterable<JobStreamEvent>;
  /** Models that at least one live worker announces. */
  servedModels(): Promise<ServedModel[]>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

export type AttemptResult = { kind: 'completed'; answer: Answer } | { kind: 'failed'; error: JobError };

/** The job object that clients see; defined once, next to the record. */
export type ToJobObject = (record: JobRecord, queuePosition?: number) => Job;
