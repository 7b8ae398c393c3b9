import { type Logger } from '@tessera/observability';
import { type Redis } from 'ioredis';
import { ActiveSet } from '../active-set.js';
import { callRedis } from '../redis-client.js';
import { type AbortReason } from './attempt-aborted.js';
import { type ActiveAttempt, type HeldEntry } from './active-attempt.js';

/** The attempts under way in one consumer, and what reaches them from outside. */
export class AttemptRegistry {
  private readonly entries = new ActiveSet<HeldEntry>();
  private readonly attempts = new Set<ActiveAttempt>();

  constructor(
    private readonly redis: Redis,
    private readonly root: string,
    private readonly logger: Logger,
  ) {}

  /** Queue entries in hand; each runs one job at a time. */
  get size(): number {
    return this.entries.size;
  }

  /** Resolves when no entry is in hand. */
  whenIdle(): Promise<void> {
    return this.entries.whenIdle();
  }

  /** An older holder of the same entry has lost its lock unnoticed, or it would not have come again. */
  addEntry(entry: HeldEntry): void {
    this.loseEntry(entry.entryId);
    this.entries.add(entry);
  }

  /** Also forgets its attempts. */
  removeEntry(entry: HeldEntry): void {
    for (const attempt of this.attempts) if (attempt.entry === entry) this.attempts.delete(attempt);
    this.entries.remove(entry);
  }

  add(attempt: ActiveAttempt): void {
    this.attempts.add(attempt);
  }

  remove(attempt: ActiveAttempt): void {
    this.attempts.delete(attempt);
  }

  /**
   * From now on it is known which job the attempt is at. An older attempt at it has lost its lock unnoticed; what came
   * for the job while it was not known reaches the attempt now.
   */
  setJob(attempt: ActiveAttempt, jobId: string): void {
    for (const other of this.attempts) if (other !== attempt && other.jobId === jobId) other.abort('lost');
    const { needsRecheck } = attempt.setJob(jobId);
    if (needsRecheck) void this.recheckOne(attempt, jobId);
  }

  /** The lock of the entry is gone. */
  loseEntry(entryId: string): void {
    for (const attempt of this.attempts) if (attempt.entry.entryId === entryId) attempt.abort('lost');
  }

  abortAll(reason: AbortReason): void {
    for (const attempt of this.attempts) attempt.abort(reason);
  }

  /** Takes a message of the aborts channel, "reason id"; most are for other consumers. */
  receive(message: string): void {
    const [reason, jobId = ''] = message.split(' ');
    if (reason !== 'cancelled' && reason !== 'expired') return;
    for (const attempt of this.attempts) attempt.abortJob(jobId, reason);
  }

  /** Finds the messages that were lost while the channel was away. */
  async recheck(): Promise<void> {
    const rechecks: Promise<void>[] = [];
    for (const attempt of this.attempts) {
      if (attempt.jobId === undefined) attempt.recheckLater();
      else rechecks.push(this.recheckOne(attempt, attempt.jobId));
    }
    await Promise.all(rechecks);
  }

  private async recheckOne(attempt: ActiveAttempt, jobId: string): Promise<void> {
    try {
      const [status, token, cancelRequested] = await callRedis('look after the attempt', () =>
        this.redis.hmget(`${this.root}:job:${jobId}`, 'status', 'attemptToken', 'cancelRequested'),
      );
      // Not yet started, or started as something else: the start script looks at cancel and expiry itself.
      if (token !== attempt.token) return;
      if (status === 'expired') attempt.abort('expired');
      else if (cancelRequested === '1') attempt.abort('cancelled');
    } catch (err) {
      this.logger.warn({ err, jobId }, 'could not look after the attempt');
    }
  }
}
