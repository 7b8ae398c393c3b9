import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { type Answer, type JobRecord } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { type JobStore } from '@tessera/queue';
import { ChatFailedError, ChatJobLostError, ShuttingDownError } from '../errors/chat.errors.js';
import { Shutdown } from '../http/shutdown.js';
import { JobImagesService } from '../jobs/job-images.service.js';
import { isFinal } from '../jobs/jobs.service.js';
import { JOB_STORE, LOGGER } from '../tokens.js';
import { type StartedChat } from './start-chat.service.js';

/** Time beyond its deadline in which upkeep ends a job, in milliseconds. Where no upkeep runs, nobody waits for ever. */
const EXPIRY_GRACE_MS = 2_000;

/** Time in which a worker stops a job that it is asked to stop, in milliseconds. */
const STOP_TIMEOUT_MS = 10_000;

/** The jobs behind chat completions: waiting for their end, and doing away with them. */
@Injectable()
export class ChatJobsService implements OnApplicationShutdown {
  private readonly releases = new Set<Promise<void>>();

  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(JOB_STORE) private readonly jobStore: JobStore,
    @Inject(JobImagesService) private readonly images: JobImagesService,
    @Inject(Shutdown) private readonly shutdown: Shutdown,
  ) {}

  /** Milliseconds for which the answer is still waited. */
  timeLeftMs({ deadlineAtMs }: StartedChat): number {
    return Math.max(0, deadlineAtMs + EXPIRY_GRACE_MS - Date.now());
  }

  /**
   * The answer once it is there; nothing where the client has gone.
   * @throws {ChatFailedError} with the code of the job's error, and others with codes of their own
   */
  async waitForAnswer(chat: StartedChat, signal: AbortSignal): Promise<Answer | undefined> {
    const timeoutMs = this.timeLeftMs(chat);
    const record = await this.jobStore.waitForFinal(chat.jobId, { timeoutMs, signal });
    return this.outcomeOf(record, chat, signal);
  }

  /**
   * The answer of the last record seen; nothing where the client has gone and nobody is there to be told. Once `signal`
   * has aborted the job may have been cancelled by {@link releaseAfter}, which says nothing to the client.
   * @throws {TesseraError} why there is no answer
   */
  outcomeOf(record: JobRecord | undefined, chat: StartedChat, signal: AbortSignal): Answer | undefined {
    if (record?.answer !== undefined) return record.answer;
    if (this.shutdown.signal.aborted) throw new ShuttingDownError();
    if (signal.aborted) return undefined;
    if (record?.error !== undefined) throw new ChatFailedError(record.error);
    throw Date.now() < chat.deadlineAtMs ? new ChatJobLostError(chat.jobId) : new ChatFailedError(LATE);
  }

  /** Whether a running job that was asked to stop does so soon. */
  private async hasEnded(jobId: string): Promise<boolean> {
    const wait = { timeoutMs: STOP_TIMEOUT_MS, signal: this.shutdown.signal };
    const record = await this.jobStore.waitForFinal(jobId, wait);
    return record !== undefined && isFinal(record);
  }

  /** Lets the job go once `signal` aborts: the answer is out, or nobody waits for it any more. */
  releaseAfter(chat: StartedChat, signal: AbortSignal): void {
    const release = (): void => {
      const released = this.release(chat).finally(() => this.releases.delete(released));
      this.releases.add(released);
    };
    if (signal.aborted) release();
    else signal.addEventListener('abort', release, { once: true });
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.releases);
  }

  /**
   * Removes the job with its images, and stops it first where it has not ended. One whose worker does not let go of it
   * soon, or that cannot be removed now, is removed by upkeep when its short retention is over.
   */
  private async release({ jobId }: StartedChat): Promise<void> {
    try {
      const outcome = await this.jobStore.requestCancel(jobId);
      if (outcome === 'requested' && !(await this.hasEnded(jobId))) return;
      await this.images.remove(jobId);
      await this.jobStore.deleteJob(jobId);
    } catch (err) {
      this.logger.warn({ err, jobId }, 'the job of a chat completion is left to upkeep');
    }
  }
}

const LATE = {
  code: 'job_expired',
  message: 'The answer did not come within the longest time that is waited for it.',
  retryable: false,
} as const;
