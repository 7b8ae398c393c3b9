import { type JobRecord } from '@tessera/contracts';
import { v7 as uuidv7 } from 'uuid';
import { type JobAttempt } from '../job-consumer.js';
import { type TextPiece } from '../job-queue.js';
import { type AbortReason, AttemptAbortedError } from './attempt-aborted.js';
import { type AttemptScripts } from './attempt-scripts.js';
import { TextPublisher } from './text-publisher.js';

/** A queue entry that this worker has taken. */
export interface HeldEntry {
  readonly entryId: string;
  readonly lockToken: string;
}

/** An attempt from before it is known at which job until the processor is through with it. */
export class ActiveAttempt {
  readonly token = uuidv7();
  private readonly controller = new AbortController();
  private readonly publisher: TextPublisher;
  private readonly abortsByJob = new Map<string, AbortReason>();
  private needsRecheck = false;
  private timer: NodeJS.Timeout | undefined;
  private knownJobId: string | undefined;
  private countedTokens = 0;

  constructor(
    readonly entry: HeldEntry,
    private readonly scripts: AttemptScripts,
  ) {
    this.publisher = new TextPublisher((sequence, pieces) => this.write(sequence, pieces));
  }

  /** Undefined until Redis has said which job it is. */
  get jobId(): string | undefined {
    return this.knownJobId;
  }

  /** As the handler has counted them so far. */
  get usedTokens(): number {
    return this.countedTokens;
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

  /** Aborts the attempt if it is at this job, or turns out to be. */
  abortJob(jobId: string, reason: AbortReason): void {
    if (this.jobId === jobId) this.abort(reason);
    else if (this.jobId === undefined) this.abortsByJob.set(jobId, reason);
  }

  /** Messages were lost that may have been for the job, which is not known yet. */
  recheckLater(): void {
    this.needsRecheck = true;
  }

  setJob(jobId: string): { needsRecheck: boolean } {
    this.knownJobId = jobId;
    const reason = this.abortsByJob.get(jobId);
    this.abortsByJob.clear();
    if (reason !== undefined) this.abort(reason);
    return { needsRecheck: this.needsRecheck };
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
      noteUsage: (totalTokens) => {
        this.countedTokens = totalTokens;
      },
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
    if (this.abortReason === 'lost' || this.jobId === undefined)
      throw new AttemptAbortedError(this.jobId, 'lost');
    const outcome = await this.scripts.appendText({ jobId: this.jobId, token: this.token }, sequence, pieces);
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
