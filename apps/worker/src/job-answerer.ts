import { Inject, Injectable } from '@nestjs/common';
import { type Answer, type JobError, type JobRecord, TesseraError } from '@tessera/contracts';
import { type Engine } from '@tessera/engine';
import { type Logger } from '@tessera/observability';
import { type AttemptResult, type JobAttempt } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { JobImages } from './job-images.js';
import { toAnswer } from './to-answer.js';
import { toLogprobs } from './to-logprobs.js';
import { ENGINE, LOGGER, OBJECT_STORE } from './tokens.js';
import { waitForStore } from './wait-for-store.js';

/** Answers one job: images in, generation, answer into the store. */
@Injectable()
export class JobAnswerer {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(ENGINE) private readonly engine: Pick<Engine, 'generate'>,
    @Inject(JobImages) private readonly images: JobImages,
    @Inject(OBJECT_STORE) private readonly objectStore: ObjectStore,
  ) {}

  /** Rejects when the attempt's signal aborts, or for a failure that has no code. */
  async answer(attempt: JobAttempt): Promise<AttemptResult> {
    try {
      return { kind: 'completed', answer: await this.generate(attempt) };
    } catch (error) {
      attempt.signal.throwIfAborted();
      if (!(error instanceof TesseraError)) throw error;
      return { kind: 'failed', error: toJobError(error) };
    }
  }

  private async generate(attempt: JobAttempt): Promise<Answer> {
    const { record, signal } = attempt;
    const fetchStartedAt = performance.now();
    const waiting = { signal, logger: this.logger };
    const { images: wanted } = record.request;
    const images = await waitForStore(() => this.images.load(wanted, { isBulk: false, signal }), waiting);
    const fetchMs = performance.now() - fetchStartedAt;
    const result = await this.engine.generate({
      ...record.request,
      images,
      signal,
      onUsage: (totalTokens) => attempt.noteUsage(totalTokens),
      onText: (delta, choice, logprobs) => this.publish(attempt, delta, { choice, ...toLogprobs(logprobs) }),
    });
    const answer = toAnswer(result, record, { fetchMs, nowMs: Date.now() });
    // Nobody comes back for the answer of a request that waits for it on an open connection.
    if (record.isHidden === true) return answer;
    const bytes = Buffer.from(JSON.stringify(answer));
    await waitForStore(() => this.objectStore.put(answerKey(record), bytes), waiting);
    return answer;
  }

  /** A reader of the stream may miss a piece; the answer is stored all the same. */
  private publish(attempt: JobAttempt, ...piece: Parameters<JobAttempt['publishText']>): void {
    attempt
      .publishText(...piece)
      .catch((err: unknown) => this.logger.warn({ err }, 'text was not published'));
  }
}

/** Carries the attempt, so that a worker that lost its job overwrites nobody's answer; deleted with the job's prefix. */
function answerKey({ id, attempts }: JobRecord): string {
  return `jobs/${id}/answers/${attempts}.json`;
}

function toJobError({ code, message, retryable }: TesseraError): JobError {
  return { code, message, retryable };
}
