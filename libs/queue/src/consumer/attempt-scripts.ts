import {
  type Answer,
  type FinalJobStatus,
  FINAL_JOB_STATUSES,
  type JobError,
  type JobRecord,
} from '@tessera/contracts';
import { type Redis } from 'ioredis';
import { z } from 'zod';
import {
  appendTextLua,
  completeJobLua,
  failAttemptLua,
  releaseAttemptLua,
  startAttemptLua,
} from '../lua/attempt.lua.js';
import { recordReply } from '../record-fields.js';
import { type TextPiece } from '../job-queue.js';
import { defineScript } from '../script.js';

/**
 * Attempts that die with their worker until the job fails with `worker_crashed`. The first one may have been a
 * neighbour's doing; after it the job runs alone, and one such death may still be chance.
 */
const MAX_CRASHES = 3;

/** A write came from an attempt that is no longer the job's own, or the job is gone. */
const refusals = ['gone', 'superseded', 'already_final'] as const;
export type Refusal = (typeof refusals)[number];

const startReply = z.union([
  z.tuple([z.literal('started'), recordReply]).transform(([, record]) => record),
  z.tuple([z.literal('suspect')]).transform(() => 'suspect' as const),
  z.tuple([z.enum(['gone', ...FINAL_JOB_STATUSES])]).transform(() => undefined),
]);
const writeReply = z.enum([...refusals, ...FINAL_JOB_STATUSES]);
const failReply = z.enum(['retry', ...refusals, ...FINAL_JOB_STATUSES]);
const releaseReply = z.enum(['released', ...refusals, ...FINAL_JOB_STATUSES]);
const appendReply = z.enum(['appended', ...refusals, ...FINAL_JOB_STATUSES]);

/** Which attempt at which job. */
export interface AttemptKey {
  readonly jobId: string;
  readonly token: string;
}

/** The scripts of an attempt, typed. */
export interface AttemptScripts {
  /**
   * The record where the attempt is now the job's own. `suspect`: an earlier attempt died with its worker, so this one
   * must be alone. Nothing: the job has ended or is gone.
   */
  start(attempt: AttemptKey, options: { isAlone: boolean }): Promise<JobRecord | 'suspect' | undefined>;
  complete(attempt: AttemptKey, answer: Answer): Promise<FinalJobStatus | Refusal>;
  fail(attempt: AttemptKey, error: JobError): Promise<'retry' | FinalJobStatus | Refusal>;
  release(attempt: AttemptKey): Promise<'released' | FinalJobStatus | Refusal>;
  appendText(
    attempt: AttemptKey,
    sequence: number,
    pieces: readonly TextPiece[],
  ): Promise<'appended' | FinalJobStatus | Refusal>;
}

export function defineAttemptScripts(redis: Redis, root: string): AttemptScripts {
  const define = (action: string, lua: string) => defineScript(redis, root, { action, lua });
  const start = define('start the attempt', startAttemptLua);
  const complete = define('complete the job', completeJobLua);
  const fail = define('record the failure', failAttemptLua);
  const release = define('hand the job back', releaseAttemptLua);
  const appendText = define('publish text', appendTextLua);
  return {
    start: async ({ jobId, token }, { isAlone }) =>
      startReply.parse(await start(jobId, token, MAX_CRASHES, isAlone ? 1 : 0)),
    complete: async ({ jobId, token }, answer) =>
      writeReply.parse(await complete(jobId, token, JSON.stringify(answer), answer.usage.total_tokens)),
    fail: async ({ jobId, token }, error) =>
      failReply.parse(await fail(jobId, token, JSON.stringify(error), error.retryable ? 1 : 0)),
    release: async ({ jobId, token }) => releaseReply.parse(await release(jobId, token)),
    appendText: async ({ jobId, token }, sequence, pieces) =>
      appendReply.parse(await appendText(jobId, token, sequence, ...pieces.flatMap(encodePiece))),
  };
}

function encodePiece({ choice, text, logprobs }: TextPiece): (string | number)[] {
  return [choice, text, logprobs === undefined ? '' : JSON.stringify(logprobs)];
}
