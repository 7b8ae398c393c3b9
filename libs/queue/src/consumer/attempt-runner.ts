import { type JobError, type JobRecord } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { type Job as QueueEntry, WaitingError } from 'bullmq';
import { v7 as uuidv7 } from 'uuid';
import { type JobAttempt } from '../job-consumer.js';
import { type AttemptResult } from '../job-queue.js';
import { type JobEntryData } from '../queue-entry.js';
import { RetryLaterError, withJitter } from '../retry.js';
import { ActiveAttempt } from './active-attempt.js';
import { AttemptAbortedError } from './attempt-aborted.js';
import { type AttemptRegistry } from './attempt-registry.js';
import { type AttemptScripts } from './attempt-scripts.js';
import { type Settled, settleHandler } from './settle-handler.js';
import { type TurnKind, type Turns } from './turns.js';

export interface AttemptRunnerOptions {
  readonly scripts: AttemptScripts;
  readonly registry: AttemptRegistry;
  readonly logger: Logger;
  readonly handle: (attempt: JobAttempt) => Promise<AttemptResult>;
  readonly retryBackoff: { readonly firstMs: number; readonly longestMs: number };
  /** Shared by everything that runs in this worker. */
  readonly turns: Turns;
}

/** An attempt that is now its job's own. */
interface Begun {
  readonly record: JobRecord;
  /** Lets others run that wait for it to end. */
  readonly endTurn: () => void;
}

/** How a script ended an attempt, whichever script it was. */
type Conclusion = Awaited<ReturnType<AttemptScripts['fail'] | AttemptScripts['release']>>;

/** The processor of a consumer's queue entries: one attempt at the entry's job, and what becomes of the entry. */
export class AttemptRunner {
  finishedCount = 0;
  handedBackCount = 0;
  private isDraining = false;

  constructor(private readonly options: AttemptRunnerOptions) {}

  /** From now on, entries that BullMQ still brings are handed back untouched. */
  stopTaking(): void {
    this.isDraining = true;
  }

  /** Resolves when the entry is done with: the job has ended, or is no more. Rejects as BullMQ wants it otherwise. */
  async run(entry: QueueEntry<JobEntryData>, lockToken: string | undefined): Promise<void> {
    if (this.isDraining) return handBack(entry, lockToken);
    const { scripts, registry } = this.options;
    const attempt = new ActiveAttempt(entry.data.jobId, uuidv7(), scripts);
    // Before the record says so, so that a cancel that comes right after finds the attempt.
    registry.add(attempt);
    try {
      const begun = await this.begin(attempt);
      if (begun === undefined) return;
      const conclusion = await this.runToConclusion(attempt, begun);
      if (conclusion === 'released' && attempt.abortReason !== 'lost') {
        this.handedBackCount += 1;
        return await handBack(entry, lockToken);
      }
      this.finish(begun.record, conclusion);
    } catch (error) {
      if (!(error instanceof AttemptAbortedError)) throw error;
      // It waited for its turn and was not begun. Where the job has ended, that is found when the entry comes again.
      if (error.abortReason === 'lost') throw new RetryLaterError(this.backoffMs(1), error.message);
      return await handBack(entry, lockToken);
    } finally {
      registry.remove(attempt);
    }
  }

  /**
   * Makes the attempt its job's own. One whose job may have killed a worker waits until nothing else runs here, and
   * nothing else begins until it has ended: should the worker die again, the others are not suspected.
   * @throws {AttemptAbortedError} when it is aborted while it waits
   */
  private async begin(attempt: ActiveAttempt): Promise<Begun | undefined> {
    const begun = await this.beginAs('shared', attempt);
    if (begun !== 'suspect') return begun;
    this.options.logger.warn(
      { jobId: attempt.jobId },
      'the job may have killed its worker; it will run alone',
    );
    const alone = await this.beginAs('alone', attempt);
    return alone === 'suspect' ? undefined : alone;
  }

  private async beginAs(kind: TurnKind, attempt: ActiveAttempt): Promise<Begun | 'suspect' | undefined> {
    const endTurn = await this.options.turns.take(kind, attempt.signal);
    let record: JobRecord | 'suspect' | undefined;
    try {
      record = await this.options.scripts.start(attempt, { isAlone: kind === 'alone' });
    } finally {
      if (typeof record !== 'object') endTurn();
    }
    return typeof record === 'object' ? { record, endTurn } : record;
  }

  private async runToConclusion(attempt: ActiveAttempt, { record, endTurn }: Begun): Promise<Conclusion> {
    try {
      const settled = await settleHandler(this.handle(attempt, record), attempt.signal);
      return await this.conclude(attempt, settled);
    } finally {
      attempt.end();
      endTurn();
    }
  }

  private async handle(attempt: ActiveAttempt, record: JobRecord): Promise<AttemptResult> {
    return this.options.handle(attempt.begin(record));
  }

  private async conclude(attempt: ActiveAttempt, settled: Settled): Promise<Conclusion> {
    const { scripts, logger } = this.options;
    const { abortReason, jobId } = attempt;
    if (settled.kind === 'abandoned')
      logger.error({ jobId, abortReason }, 'a handler ignores that it was aborted');
    // Without a lock nothing is published; a job that nobody else has taken yet is freed, so that no crash is counted.
    if (abortReason === 'lost') return scripts.release(attempt);
    if (settled.kind === 'returned' && settled.result.kind === 'completed') {
      await attempt.flush();
      return scripts.complete(attempt, settled.result.answer);
    }
    if (abortReason === 'timed_out') return scripts.fail(attempt, TIMEOUT_ERROR);
    // A cancelled or expired job is found to be so by the script.
    if (abortReason !== undefined) return scripts.release(attempt);
    if (settled.kind === 'returned' && settled.result.kind === 'failed')
      return scripts.fail(attempt, settled.result.error);
    logger.error({ err: settled.kind === 'rejected' ? settled.error : undefined, jobId }, 'a handler failed');
    return scripts.fail(attempt, UNFORESEEN_ERROR);
  }

  private finish(record: JobRecord, conclusion: Conclusion): void {
    switch (conclusion) {
      case 'retry':
        this.finishedCount += 1;
        throw new RetryLaterError(this.backoffMs(record.attempts), 'the attempt failed');
      case 'released':
      case 'superseded':
        // Mostly the entry is another worker's by now, and BullMQ refuses to move it.
        throw new RetryLaterError(this.backoffMs(1), 'the attempt lost its job');
      default:
        this.finishedCount += 1;
    }
  }

  private backoffMs(attempts: number): number {
    const { firstMs, longestMs } = this.options.retryBackoff;
    return withJitter(Math.min(firstMs * 2 ** (attempts - 1), longestMs), 0.5);
  }
}

const TIMEOUT_ERROR: JobError = {
  code: 'execution_timeout',
  message: 'The attempt ran longer than the execution timeout of the job.',
  retryable: true,
};
const UNFORESEEN_ERROR: JobError = {
  code: 'internal_error',
  message: 'Something broke on our side while the job was being answered.',
  retryable: true,
};

/** Puts the entry back to the front of its queue, which uses up neither an attempt nor a stall. */
async function handBack(entry: QueueEntry<JobEntryData>, lockToken: string | undefined): Promise<never> {
  await entry.moveToWait(lockToken);
  throw new WaitingError();
}
