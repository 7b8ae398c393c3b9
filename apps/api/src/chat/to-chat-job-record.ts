import { type ChatDraft, toJobRequest } from '@tessera/chat-completions';
import { type Caller, type JobRecord } from '@tessera/contracts';
import { ownershipOf } from '../jobs/to-job-record.js';
import { type KeptJob } from '../jobs/keep-job.service.js';

/** What the record of a chat completion's job needs beside its draft. */
export interface ChatJobContext extends KeptJob {
  caller: Caller;
  model: string;
  requestId: string;
  /** Longest wait for the answer. */
  maxWaitMs: number;
  /** Of an answer that is drawn at random though the request names no seed. */
  seed: number;
}

/**
 * The record of a job that is in no list: it is gone as soon as its answer is out. Where tokens are drawn, it has a
 * seed, so that another attempt after a crash goes on with the very text that was begun.
 */
export function toChatJobRecord(draft: ChatDraft, context: ChatJobContext): JobRecord {
  const request = toJobRequest(draft, context);
  const { sampling } = request;
  const isDrawn = (sampling?.temperature ?? 0) > 0;
  return {
    id: context.id,
    ...ownershipOf(context.caller),
    status: 'queued',
    request: isDrawn ? { ...request, sampling: { seed: context.seed, ...sampling } } : request,
    metadata: {},
    baseUrl: '',
    createdAtMs: context.createdAtMs,
    deadlineAtMs: context.createdAtMs + context.maxWaitMs,
    maxAttempts: context.defaultMaxAttempts,
    attempts: 0,
    requestId: context.requestId,
    cancelRequested: false,
    isHidden: true,
  };
}
