import { Inject, Injectable } from '@nestjs/common';
import {
  type ChatDraft,
  checkImageUrl,
  newChatCompletionId,
  parseChatCompletion,
  refuseFor,
  toChatCompletion,
  toErrorBody,
  toJobRequest,
  UnsupportedParameterError,
} from '@tessera/chat-completions';
import { type Config } from '@tessera/config';
import { type AnswerRow, ERROR_CODES, type RowAnswer, TesseraError } from '@tessera/contracts';
import { type Engine } from '@tessera/engine';
import { type Logger } from '@tessera/observability';
import { checkInputUrl } from '@tessera/storage';
import pRetry from 'p-retry';
import { RowImages } from './row-images.js';
import { toOutcome } from './to-answer.js';
import { CONFIG, ENGINE, LOGGER } from './tokens.js';
import { waitForStore } from './wait-for-store.js';

/** A pause is up to twice as long, by chance, so that rows that failed together are not tried together. */
const BACKOFF = { minTimeout: 500, maxTimeout: 30_000, randomize: true };

/** A failure that nobody foresaw; the cause is logged and never sent. */
class RowFailedError extends TesseraError {
  readonly code = 'internal_error';

  constructor(cause: unknown) {
    super('something broke on our side while the row was being answered', { cause });
  }
}

interface RowContext {
  readonly ownerId: string;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** Answers rows of batches, each as the API would answer its body as a chat completion. */
@Injectable()
export class RowAnswerer {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(ENGINE) private readonly engine: Pick<Engine, 'generate'>,
    @Inject(RowImages) private readonly images: RowImages,
  ) {}

  /** Tries again what may pass, with growing pauses; rejects only when the signal aborts. */
  readonly answer: AnswerRow = async (row, { signal }) => {
    const { ownerId, customId, requestId: rowRequestId } = row;
    const logger = this.logger.child({ customId, rowRequestId });
    try {
      const draft = this.readBody(row.body, logger);
      return await pRetry(() => this.answerOnce(draft, { ownerId, signal, logger }), {
        ...BACKOFF,
        retries: this.config.jobs.maxAttempts - 1,
        signal,
        shouldRetry: ({ error }) => (error as TesseraError).retryable,
        onFailedAttempt: ({ error, attemptNumber }) =>
          logger.warn({ err: error, attempt: attemptNumber }, 'a row failed'),
      });
    } catch (error) {
      signal.throwIfAborted();
      return toRefusal(toTesseraError(error));
    }
  };

  private async answerOnce(draft: ChatDraft, context: RowContext): Promise<RowAnswer> {
    try {
      return await this.generate(draft, context);
    } catch (error) {
      context.signal.throwIfAborted();
      throw toTesseraError(error);
    }
  }

  private async generate(draft: ChatDraft, { ownerId, signal, logger }: RowContext): Promise<RowAnswer> {
    const createdAtSeconds = Math.floor(Date.now() / 1000);
    const waiting = { signal, logger };
    const images = await waitForStore(() => this.images.load(draft.images, { ownerId, signal }), waiting);
    const result = await this.engine.generate({
      ...toJobRequest(draft, { model: draft.model, images: [] }),
      images,
      priority: 'batch',
      signal,
    });
    const { prompt_tokens: input, completion_tokens: output, prompt_tokens_details } = result.usage;
    return {
      kind: 'answered',
      completion: toChatCompletion(toOutcome(result), {
        id: newChatCompletionId(),
        createdAtSeconds,
        model: draft.model,
      }),
      tokens: { input, cached: prompt_tokens_details.cached_tokens, output },
    };
  }

  /** A body that is refused once is refused always: it is read before the attempts. */
  private readBody(body: unknown, logger: Logger): ChatDraft {
    try {
      return this.parse(body);
    } catch (error) {
      // The message may quote the prompt.
      const { code, param } = toTesseraError(error);
      logger.warn({ code, param }, 'a row was refused');
      throw error;
    }
  }

  /** @throws {TesseraError} for whatever the API would refuse, and for a stream: a row has one answer */
  private parse(body: unknown): ChatDraft {
    const { images, network, inputs, store } = this.config;
    const draft = parseChatCompletion(body, {
      maxImages: images.maxPerJob,
      maxImageBytes: images.maxBytes,
      checkUrl: (url, param) => checkImageUrl(url, param, network),
      checkS3Url: (url, param) => refuseFor(param, () => checkInputUrl(url, { ...inputs, store })),
    });
    if (draft.stream === undefined) return draft;
    throw new UnsupportedParameterError('stream', 'a row of a batch is answered with one object');
  }
}

function toTesseraError(error: unknown): TesseraError {
  return error instanceof TesseraError ? error : new RowFailedError(error);
}

function toRefusal(error: TesseraError): RowAnswer {
  const { httpStatus: status } = ERROR_CODES[error.code];
  return { kind: 'refused', status, body: toErrorBody(error) };
}
