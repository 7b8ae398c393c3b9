import { Inject, Injectable } from '@nestjs/common';
import { type Config } from '@tessera/config';
import { type Answer, type JobError, type JobImage, type JobRecord, TesseraError } from '@tessera/contracts';
import { type Engine, type GenerationImage } from '@tessera/engine';
import { loadImage } from '@tessera/media';
import { type Logger } from '@tessera/observability';
import { type AttemptResult, type JobAttempt } from '@tessera/queue';
import { type SafeHttp } from '@tessera/safe-fetch';
import { type ObjectStore } from '@tessera/storage';
import pLimit from 'p-limit';
import { toAnswer } from './to-answer.js';
import { CONFIG, ENGINE, LOGGER, OBJECT_STORE, SAFE_HTTP } from './tokens.js';

/** Images of one job that are fetched at the same time. */
const CONCURRENT_IMAGES = 4;

/** Answers one job: images in, generation, answer into the store. */
@Injectable()
export class JobAnswerer {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(OBJECT_STORE) private readonly objectStore: ObjectStore,
    @Inject(SAFE_HTTP) private readonly http: SafeHttp,
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

  private async generate({ record, signal, publishText }: JobAttempt): Promise<Answer> {
    const { messages, maxTokens } = record.request;
    const fetchStartedAt = performance.now();
    const images = await this.loadImages(record, signal);
    const fetchMs = performance.now() - fetchStartedAt;
    const result = await this.engine.generate({
      messages,
      images,
      ...(maxTokens === undefined ? {} : { maxTokens }),
      signal,
      onText: (delta) => {
        // A reader of the stream misses a piece; the answer is stored all the same.
        publishText(delta).catch((error: unknown) =>
          this.logger.warn({ err: error, jobId: record.id }, 'text was not published'),
        );
      },
    });
    const answer = toAnswer(result, record, { fetchMs, nowMs: Date.now() });
    await this.objectStore.put(answerKey(record), Buffer.from(JSON.stringify(answer)));
    return answer;
  }

  private loadImages({ request }: JobRecord, signal: AbortSignal): Promise<GenerationImage[]> {
    const limit = pLimit(CONCURRENT_IMAGES);
    return Promise.all(request.images.map((image) => limit(() => this.loadImage(image, signal))));
  }

  private async loadImage(
    { source, maxTiles, minTiles }: JobImage,
    signal: AbortSignal,
  ): Promise<GenerationImage> {
    const { maxBytes, maxPixels, fetchTimeoutMs } = this.config.images;
    const { width, height, decode } = await loadImage(source, {
      http: this.http,
      objects: this.objectStore,
      limits: { maxBytes, maxPixels, fetchTimeoutMs },
      signal,
    });
    return {
      width,
      height,
      decode,
      ...(maxTiles === undefined ? {} : { maxTiles }),
      ...(minTiles === undefined ? {} : { minTiles }),
    };
  }
}

/** Carries the attempt, so that a worker that lost its job overwrites nobody's answer; deleted with the job's prefix. */
function answerKey({ id, attempts }: JobRecord): string {
  return `jobs/${id}/answers/${attempts}.json`;
}

function toJobError({ code, message, retryable }: TesseraError): JobError {
  return { code, message, retryable };
}
