import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from '@tessera/observability';
import { type BatchLedger } from '@tessera/queue';

export interface LeaseTimings {
  /** Time that the right lasts without being renewed: what a dispatcher that was killed keeps the others waiting. */
  readonly durationMs: number;
  /** Between two renewals, and between two looks at whether it is free. */
  readonly renewEveryMs: number;
}

const TIMINGS: LeaseTimings = { durationMs: 4_000, renewEveryMs: 1_000 };

interface LeaseOptions {
  readonly ledger: Pick<BatchLedger, 'holdLease' | 'releaseLease'>;
  readonly logger: Logger;
  readonly timings?: LeaseTimings;
}

/**
 * The right of one dispatcher at a time to move batches on. It is renewed on a timer of its own, so that no step, however
 * long, loses it; and it may still be lost, to a stall of this process or an outage, so every step may be done again.
 */
export class BatchLease {
  private readonly timings: LeaseTimings;
  private readonly stopping = new AbortController();
  private readonly renewal: Promise<void>;
  private heldUntilMs = 0;
  /** Aborts when somebody else is known to have it. */
  private tenure = new AbortController();
  private tell: () => void = () => undefined;

  constructor(private readonly options: LeaseOptions) {
    this.timings = options.timings ?? TIMINGS;
    this.renewal = this.renew();
  }

  get isHeld(): boolean {
    return performance.now() < this.heldUntilMs;
  }

  /**
   * Waits until this dispatcher has it. While nobody can say who has it, what is under way may go on: the signal aborts
   * once another one has.
   */
  async taken(signal: AbortSignal): Promise<AbortSignal> {
    while (!this.isHeld && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.tell = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    return this.tenure.signal;
  }

  /** Lets go of it, for others to take at once. */
  async stop(): Promise<void> {
    const { ledger, logger } = this.options;
    this.stopping.abort();
    await this.renewal;
    this.heldUntilMs = 0;
    // While Redis is away it ends by itself.
    await ledger
      .releaseLease()
      .catch((err: unknown) => logger.debug({ err }, 'the lease on batches was kept'));
  }

  private async renew(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.ask();
      await delay(this.timings.renewEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private async ask(): Promise<void> {
    const { ledger, logger } = this.options;
    const { durationMs } = this.timings;
    const askedAtMs = performance.now();
    try {
      if (await ledger.holdLease(durationMs)) this.heldUntilMs = askedAtMs + durationMs;
      else this.lose();
    } catch (err) {
      logger.debug({ err }, 'the lease on batches could not be renewed');
    }
    if (this.isHeld) this.tell();
  }

  private lose(): void {
    this.heldUntilMs = 0;
    this.tenure.abort();
    this.tenure = new AbortController();
  }
}
