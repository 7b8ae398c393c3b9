import { type Answer, type FinalJobStatus, FINAL_JOB_STATUSES, type JobError } from '@tessera/contracts';
import { type Redis } from 'ioredis';
import { z } from 'zod';
import { type HeldEntry } from './active-attempt.js';
import {
  appendTextLua,
  completeJobLua,
  failAttemptLua,
  releaseAttemptLua,
  startAttemptLua,
} from '../lua/attempt.lua.js';
import { recordValuesReply } from '../record-fields.js';
import { type TextPiece } from '../job-queue.js';
import { queueNameOf } from '../queue-entry.js';
import { defineScript } from '../script.js';

/**
 * Attempts that die with their worker until the job fails with `worker_crashed`. The first one may have been a
 * neighbour's doing; after it the job runs alone, and one such death may still be chance.
 */
const MAX_CRASHES = 3;

/** A write came from an attempt that is no longer the job's own, or the job is gone. */
const refusals = ['gone', 'superseded', 'already_final'] as const;
export type Refusal = (typeof refusals)[number];

const takenReply = z.union([
  z.tuple([z.literal('started'), recordValuesReply]).transform(([kind, record]) => ({ kind, record })),
  z.tuple([z.literal('suspect'), z.string()]).transform(([kind, jobId]) => ({ kind, jobId })),
  z.tuple([z.enum(['none', 'again', 'lost'])]).transform(([kind]) => ({ kind })),
]);
const startReply = z.tuple([takenReply, z.int()]);
const completeOutcome = z.enum([...refusals, ...FINAL_JOB_STATUSES]);
const completeReply = z.union([
  z.tuple([completeOutcome]).transform(([outcome]) => ({ outcome, taken: undefined })),
  z.tuple([completeOutcome, takenReply]).transform(([outcome, taken]) => ({ outcome, taken })),
]);
const failReply = z.enum(['retry', ...refusals, ...FINAL_JOB_STATUSES]);
const releaseReply = z.enum(['released', ...refusals, ...FINAL_JOB_STATUSES]);
const appendReply = z.enum(['appended', ...refusals, ...FINAL_JOB_STATUSES]);

/** Which attempt at which job. */
export interface AttemptKey {
  readonly jobId: string;
  readonly token: string;
}

/** An attempt that has ended. */
export interface EndedAttempt extends AttemptKey {
  readonly ownerId: string;
  /** What the owner is to be charged for where there is no answer. */
  readonly usedTokens: number;
}

/** An attempt that is to begin: with which entry, and its token. */
export interface NewAttempt {
  readonly entry: HeldEntry;
  readonly token: string;
}

/**
 * What an entry brought. `suspect`: an earlier attempt at the job died with its worker, so this one must be alone. `none`:
 * no job waits. `again`: those that were looked at had ended, others may wait. `lost`: the entry is another worker's.
 */
export type Taken = z.infer<typeof takenReply>;

/** The scripts of an attempt, typed. */
export interface AttemptScripts {
  /** Where a job is started the attempt is now that job's own. `needsSuccessor`: another entry must follow. */
  start(
    attempt: NewAttempt,
    options: { isAlone: boolean },
  ): Promise<{ taken: Taken; needsSuccessor: boolean }>;
  /** Goes on with `next`, if that is given, at the next job in line. `taken` is absent where it did not. */
  complete(
    attempt: EndedAttempt,
    answer: Answer,
    next?: NewAttempt,
  ): Promise<{ outcome: FinalJobStatus | Refusal; taken: Taken | undefined }>;
  /** @param retryAfterMs time that must pass before another attempt, if there is one */
  fail(
    attempt: EndedAttempt,
    error: JobError,
    retryAfterMs: number,
  ): Promise<'retry' | FinalJobStatus | Refusal>;
  release(attempt: EndedAttempt): Promise<'released' | FinalJobStatus | Refusal>;
  appendText(
    attempt: AttemptKey,
    sequence: number,
    pieces: readonly TextPiece[],
  ): Promise<'appended' | FinalJobStatus | Refusal>;
}

export function defineAttemptScripts(redis: Redis, root: string, model: string): AttemptScripts {
  const define = (action: string, lua: string) => defineScript(redis, root, { action, lua });
  const queue = queueNameOf(model);
  /** What takingFrom reads. */
  const taking = ({ entry, token }: NewAttempt, isAlone: boolean) =>
    [queue, model, entry.entryId, entry.lockToken, token, MAX_CRASHES, isAlone ? 1 : 0] as const;
  const start = define('start the attempt', startAttemptLua);
  const complete = define('complete the job', completeJobLua);
  const fail = define('record the failure', failAttemptLua);
  const release = define('hand the job back', releaseAttemptLua);
  const appendText = define('publish text', appendTextLua);
  return {
    start: async (attempt, { isAlone }) => {
      const [taken, needsSuccessor] = startReply.parse(await start(...taking(attempt, isAlone)));
      return { taken, needsSuccessor: needsSuccessor === 1 };
    },
    complete: async ({ jobId, token, ownerId }, answer, next) => {
      const job = [jobId, token, JSON.stringify(answer), answer.usage.total_tokens, ownerId] as const;
      return completeReply.parse(await complete(...job, ...(next === undefined ? [] : taking(next, false))));
    },
    fail: async ({ jobId, token, ownerId, usedTokens }, error, retryAfterMs) => {
      const failure = [JSON.stringify(error), error.retryable ? 1 : 0, retryAfterMs] as const;
      return failReply.parse(await fail(jobId, token, ownerId, usedTokens, ...failure));
    },
    release: async ({ jobId, token, ownerId, usedTokens }) =>
      releaseReply.parse(await release(jobId, token, ownerId, usedTokens)),
    appendText: async ({ jobId, token }, sequence, pieces) =>
      appendReply.parse(await appendText(jobId, token, sequence, ...pieces.flatMap(encodePiece))),
  };
}

function encodePiece({ choice, text, logprobs }: TextPiece): (string | number)[] {
  return [choice, text, logprobs === undefined ? '' : JSON.stringify(logprobs)];
}
