import { type Logger } from '@tessera/observability';
import { type Redis } from 'ioredis';
import { ActiveSet } from '../active-set.js';
import { callRedis } from '../redis-client.js';
import { type AbortReason } from './attempt-aborted.js';
import { type ActiveAttempt } from './active-attempt.js';

/** The attempts under way in one consumer, and what reaches them from outside. */
export class AttemptRegistry {
  private readonly attempts = new ActiveSet<ActiveAttempt>();

  constructor(
    private readonly redis: Redis,
    private readonly root: string,
    private readonly logger: Logger,
  ) {}

  get size(): number {
    return this.attempts.size;
  }

  /** Resolves when no attempt is under way. */
  whenIdle(): Promise<void> {
    return this.attempts.whenIdle();
  }

  /** An older attempt at the same job has lost its lock unnoticed, or there would be no new one. */
  add(attempt: ActiveAttempt): void {
    this.abort(attempt.jobId, 'lost');
    this.attempts.add(attempt);
  }

  remove(attempt: ActiveAttempt): void {
    this.attempts.remove(attempt);
  }

  abort(jobId: string, reason: AbortReason): void {
    for (const attempt of this.attempts) if (attempt.jobId === jobId) attempt.abort(reason);
  }

  abortAll(reason: AbortReason): void {
    for (const attempt of this.attempts) attempt.abort(reason);
  }

  /** Takes a message of the aborts channel, "reason id"; most are for other consumers. */
  receive(message: string): void {
    const [reason, jobId = ''] = message.split(' ');
    if (reason === 'cancelled' || reason === 'expired') this.abort(jobId, reason);
  }

  /** Finds the messages that were lost while the channel was away. */
  async recheck(): Promise<void> {
    await Promise.all([...this.attempts].map((attempt) => this.recheckOne(attempt)));
  }

  private async recheckOne(attempt: ActiveAttempt): Promise<void> {
    try {
      const [status, token, cancelRequested] = await callRedis('look after the attempt', () =>
        this.redis.hmget(`${this.root}:job:${attempt.jobId}`, 'status', 'attemptToken', 'cancelRequested'),
      );
      // Not yet started, or started as something else: the start script looks at cancel and expiry itself.
      if (token !== attempt.token) return;
      if (status === 'expired') attempt.abort('expired');
      else if (cancelRequested === '1') attempt.abort('cancelled');
    } catch (err) {
      this.logger.warn({ err, jobId: attempt.jobId }, 'could not look after the attempt');
    }
  }
}
