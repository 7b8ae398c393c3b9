import { type Answer, type JobError, type JobRecord } from '@tessera/contracts';
import { type Logger, withLogContext } from '@tessera/observability';
import { type Job as QueueEntry, WaitingError } from 'bullmq';
import { type JobAttempt } from '../job-consumer.js';
import { type AttemptResult } from '../job-queue.js';
import { RetryLaterError, withJitter } from '../retry.js';
import { ActiveAttempt, type HeldEntry } from './active-attempt.js';
import { AttemptAbortedError } from './attempt-aborted.js';
import { type AttemptRegistry } from './attempt-registry.js';
import { type AttemptScripts, type EndedAttempt, type Refusal, type Taken } from './attempt-scripts.js';
import { type Settled, settleHandler } from './settle-handler.js';
import { type TurnKind, type Turns } from './turns.js';

/**
 * Time from taking an entry within which it goes on from job to job, which spares short ones most of BullMQ's work. Then
 * the next entry is taken, since it may carry a job whose worker died.
 */
const GO_ON_MS = 100;

export interface AttemptRunnerOptions {
  readonly scripts: AttemptScripts;
  readonly registry: AttemptRegistry;
  readonly logger: Logger;
  readonly handle: (attempt: JobAttempt) => Promise<AttemptResult>;
  /** Calls a worker for a job in line. */
  readonly addEntry: () => Promise<void>;
  readonly retryBackoff: { readonly firstMs: number; readonly longestMs: number };
  /** Shared by everything that runs in this worker. */
  readonly turns: Turns;
}

/** An attempt that is now its job's own. */
interface Begun {
  readonly attempt: ActiveAttempt;
  readonly record: JobRecord;
  /** Until when the entry may go on to another job once this one is done. */
  readonly goOnUntilMs: number;
  /** Lets others run that wait for it to end. */
  readonly endTurn: () => void;
}

interface Concluded {
  readonly conclusion: 'retry' | 'released' | JobRecord['status'] | Refusal;
  /** What the entry goes on with: an attempt that has begun, or one that is to begin alone. */
  readonly next?: Begun | ActiveAttempt | undefined;
  /** When another attempt may begin. */
  readonly retryAfterMs?: number;
}

/** The processor of a consumer's queue entries: attempts at jobs, one after the other, and what becomes of the entry. */
export class AttemptRunner {
  finishedCount = 0;
  handedBackCount = 0;
  private isDraining = false;

  constructor(private readonly options: AttemptRunnerOptions) {}

  /** From now on, entries that BullMQ still brings are handed back untouched. */
  stopTaking(): void {
    this.isDraining = true;
  }

  /** Resolves when the entry is done with: it carries no job any more. Rejects as BullMQ wants it otherwise. */
  async run(entry: QueueEntry<object>, lockToken = ''): Promise<void> {
    if (this.isDraining) return handBack(entry, lockToken);
    const { registry } = this.options;
    const held: HeldEntry = { entryId: entry.id ?? '', lockToken };
    registry.addEntry(held);
    try {
      await this.runJobs(held);
    } catch (error) {
      if (!(error instanceof AttemptAbortedError)) throw error;
      // Mostly the entry is another worker's by now, and BullMQ refuses to move it.
      if (error.abortReason === 'lost') throw new RetryLaterError(this.backoffMs(1), error.message);
      return await handBack(entry, lockToken);
    } finally {
      registry.removeEntry(held);
    }
  }

  /** @throws {AttemptAbortedError} when the entry is to be given up for now */
  private async runJobs(entry: HeldEntry): Promise<void> {
    let begun = await this.begin(this.newAttempt(entry));
    while (begun !== undefined) {
      const next = await this.runJob(begun);
      begun = next instanceof ActiveAttempt ? await this.beginAlone(next) : next;
    }
  }

  private runJob(begun: Begun): Promise<Concluded['next']> {
    const { id: jobId, requestId, attempts } = begun.record;
    return withLogContext({ jobId, requestId }, async () => {
      const concluded = await this.runToConclusion(begun);
      const { conclusion } = concluded;
      this.options.logger.info({ attempt: attempts, conclusion }, 'an attempt has ended');
      this.finish(begun, concluded);
      return concluded.next;
    });
  }

  /** Before any record says so, so that a cancel that comes right after finds the attempt. */
  private newAttempt(entry: HeldEntry): ActiveAttempt {
    const attempt = new ActiveAttempt(entry, this.options.scripts);
    this.options.registry.add(attempt);
    return attempt;
  }

  /** @throws {AttemptAbortedError} when it is aborted while it waits for its turn, or the entry is another worker's */
  private async begin(attempt: ActiveAttempt): Promise<Begun | undefined> {
    const begun = await this.beginAs('shared', attempt);
    return begun instanceof ActiveAttempt ? this.beginAlone(begun) : begun;
  }

  /**
   * One whose job may have killed a worker waits until nothing else runs here, and nothing else begins until it has
   * ended: should the worker die again, the others are not suspected.
   */
  private async beginAlone(attempt: ActiveAttempt): Promise<Begun | undefined> {
    const { jobId } = attempt;
    this.options.logger.warn({ jobId }, 'the job may have killed its worker; it will run alone');
    const begun = await this.beginAs('alone', attempt);
    return begun instanceof ActiveAttempt ? undefined : begun;
  }

  private async beginAs(kind: TurnKind, attempt: ActiveAttempt): Promise<Begun | ActiveAttempt | undefined> {
    const endTurn = await this.options.turns.take(kind, attempt.signal);
    let begun: Begun | ActiveAttempt | undefined;
    try {
      const taken = await this.take(attempt, kind);
      const goOnUntilMs = kind === 'alone' ? 0 : performance.now() + GO_ON_MS;
      begun = this.toBegun(taken, { attempt, goOnUntilMs, endTurn });
      return begun;
    } finally {
      if (begun === undefined || begun instanceof ActiveAttempt) endTurn();
    }
  }

  private async take(attempt: ActiveAttempt, kind: TurnKind): Promise<Taken> {
    const { scripts, addEntry, logger } = this.options;
    for (;;) {
      const { taken, needsSuccessor } = await scripts.start(attempt, { isAlone: kind === 'alone' });
      if (needsSuccessor)
        addEntry().catch((err: unknown) => logger.warn({ err }, 'upkeep will have to call a worker'));
      if (taken.kind !== 'again') return taken;
    }
  }

  private toBegun(taken: Taken, parts: Omit<Begun, 'record'>): Begun | ActiveAttempt | undefined {
    const { registry } = this.options;
    switch (taken.kind) {
      case 'started':
        registry.setJob(parts.attempt, taken.record.id);
        return { ...parts, record: taken.record };
      case 'suspect':
        registry.setJob(parts.attempt, taken.jobId);
        return parts.attempt;
      case 'lost':
        throw new AttemptAbortedError(undefined, 'lost');
      case 'again':
      case 'none':
        registry.remove(parts.attempt);
        return undefined;
    }
  }

  private async runToConclusion(begun: Begun): Promise<Concluded> {
    const { attempt, endTurn } = begun;
    let concluded: Concluded | undefined;
    try {
      const settled = await settleHandler(this.handle(begun), attempt.signal);
      concluded = await this.conclude(begun, settled);
      return concluded;
    } finally {
      attempt.end();
      this.options.registry.remove(attempt);
      // An attempt that goes on keeps the turn.
      if (concluded?.next === undefined || concluded.next instanceof ActiveAttempt) endTurn();
    }
  }

  private async handle({ attempt, record }: Begun): Promise<AttemptResult> {
    return this.options.handle(attempt.begin(record));
  }

  private async conclude(begun: Begun, settled: Settled): Promise<Concluded> {
    const { scripts, logger } = this.options;
    const { attempt } = begun;
    const { abortReason } = attempt;
    const ended = endedAttempt(begun);
    if (settled.kind === 'abandoned') logger.error({ abortReason }, 'a handler ignores that it was aborted');
    // Without a lock nothing is published; a job that nobody else has taken yet is freed, so that no crash is counted.
    if (abortReason === 'lost') return { conclusion: await scripts.release({ ...ended, usedTokens: 0 }) };
    if (settled.kind === 'returned' && settled.result.kind === 'completed') {
      await attempt.flush();
      return this.complete(begun, settled.result.answer);
    }
    if (abortReason === 'timed_out') return this.fail(begun, TIMEOUT_ERROR);
    // A cancelled or expired job is found to be so by the script.
    if (abortReason !== undefined) return { conclusion: await scripts.release(ended) };
    if (settled.kind === 'returned' && settled.result.kind === 'failed')
      return this.fail(begun, settled.result.error);
    logger.error({ err: settled.kind === 'rejected' ? settled.error : undefined }, 'a handler failed');
    return this.fail(begun, UNFORESEEN_ERROR);
  }

  private async fail(begun: Begun, error: JobError): Promise<Concluded> {
    const retryAfterMs = this.backoffMs(begun.record.attempts);
    const conclusion = await this.options.scripts.fail(endedAttempt(begun), error, retryAfterMs);
    return { conclusion, retryAfterMs };
  }

  private async complete(begun: Begun, answer: Answer): Promise<Concluded> {
    const { scripts, turns } = this.options;
    const { goOnUntilMs, endTurn } = begun;
    const ended = endedAttempt(begun);
    if (this.isDraining || turns.isLonerDue || performance.now() >= goOnUntilMs)
      return { conclusion: (await scripts.complete(ended, answer)).outcome };
    const attempt = this.newAttempt(begun.attempt.entry);
    const { outcome, taken = { kind: 'none' } } = await scripts.complete(ended, answer, attempt);
    return { conclusion: outcome, next: this.toBegun(taken, { attempt, goOnUntilMs, endTurn }) };
  }

  /** @throws {AttemptAbortedError} when the entry is to be handed back */
  private finish({ attempt, record }: Begun, { conclusion, retryAfterMs = 0 }: Concluded): void {
    const { abortReason } = attempt;
    switch (conclusion) {
      case 'retry':
        this.finishedCount += 1;
        // The entry calls a worker again when the job is back in line.
        throw new RetryLaterError(retryAfterMs, 'the attempt failed');
      case 'released':
        if (abortReason !== 'lost') this.handedBackCount += 1;
        throw new AttemptAbortedError(record.id, abortReason ?? 'lost');
      case 'superseded':
        throw new AttemptAbortedError(record.id, 'lost');
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

function endedAttempt({ attempt, record }: Begun): EndedAttempt {
  const { token, usedTokens } = attempt;
  return { jobId: record.id, token, ownerId: record.ownerId, usedTokens };
}

/** Puts the entry back to the front of its queue, which uses up neither an attempt nor a stall. */
async function handBack(entry: QueueEntry<object>, lockToken: string): Promise<never> {
  await entry.moveToWait(lockToken);
  throw new WaitingError();
}
