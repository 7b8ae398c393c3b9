import { type JobRecord } from '@tessera/contracts';
import { type JobAttempt } from '../job-consumer.js';
import { type TextPiece } from '../job-queue.js';
import { type AbortReason, AttemptAbortedError } from './attempt-aborted.js';
import { type AttemptKey, type AttemptScripts } from './attempt-scripts.js';
import { TextPublisher } from './text-publisher.js';

/** An attempt from before it is written to the record until the processor is through with it. */
export class ActiveAttempt implements AttemptKey {
  private readonly controller = new AbortController();
  private readonly publisher: TextPublisher;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    readonly jobId: string,
    readonly token: string,
    private readonly scripts: AttemptScripts,
  ) {
    this.publisher = new TextPublisher((sequence, pieces) => this.write(sequence, pieces));
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Why the attempt was aborted; the first reason stays. */
  get abortReason(): AbortReason | undefined {
    const reason: unknown = this.signal.reason;
    return reason instanceof AttemptAbortedError ? reason.abortReason : undefined;
  }

  abort(reason: AbortReason): void {
    this.controller.abort(new AttemptAbortedError(this.jobId, reason));
  }

  /** What the handler gets. Its execution timeout runs from here on, until {@link ActiveAttempt.end}. */
  begin(record: JobRecord): JobAttempt {
    if (record.executionTimeoutMs !== undefined)
      this.timer = setTimeout(() => this.abort('timed_out'), record.executionTimeoutMs);
    return {
      record,
      signal: this.signal,
      publishText: (text, { choice = 0, logprobs } = {}) =>
        this.publisher.publish({ choice, text, ...(logprobs === undefined ? {} : { logprobs }) }),
    };
  }

  /** Resolves when all text is in the event stream. */
  flush(): Promise<void> {
    return this.publisher.flush();
  }

  end(): void {
    clearTimeout(this.timer);
  }

  private async write(sequence: number, pieces: readonly TextPiece[]): Promise<void> {
    if (this.abortReason === 'lost') throw new AttemptAbortedError(this.jobId, 'lost');
    const outcome = await this.scripts.appendText(this, sequence, pieces);
    if (outcome === 'appended') return;
    this.abort(reasonOf(outcome));
    throw new AttemptAbortedError(this.jobId, reasonOf(outcome));
  }
}

/** Another attempt may have ended the job in any way; only cancel and expiry are of interest to the handler. */
function reasonOf(
  outcome: Exclude<Awaited<ReturnType<AttemptScripts['appendText']>>, 'appended'>,
): AbortReason {
  return outcome === 'cancelled' || outcome === 'expired' ? outcome : 'lost';
}
