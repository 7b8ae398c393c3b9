import { Inject, Injectable } from '@nestjs/common';
import { type ChatCompletionChunk } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { type JobStore } from '@tessera/queue';
import { toErrorAnswer } from '../errors/to-error-answer.js';
import { streamErrorOf } from '../errors/to-tessera-error.js';
import { KEEP_ALIVE_COMMENT, KEEP_ALIVE_INTERVAL_MS } from '../http/server-sent-event.js';
import { beginWithin } from '../http/begin-within.js';
import { StreamPlaces } from '../http/stream-places.js';
import { withKeepAlive } from '../http/with-keep-alive.js';
import { JOB_STORE, LOGGER } from '../tokens.js';
import { ChatJobsService } from './chat-jobs.service.js';
import { ChunkWriter } from './chunk-writer.js';
import { type StartedChat } from './start-chat.service.js';

/** Time in which a failure is still an HTTP status; then the stream begins, whatever comes, in milliseconds. */
const STATUS_WITHIN_MS = 10_000;

/** Turns the events of a chat completion's job into the text of an event stream. */
@Injectable()
export class ChatStreamService {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(JOB_STORE) private readonly jobStore: JobStore,
    @Inject(ChatJobsService) private readonly chatJobs: ChatJobsService,
    @Inject(StreamPlaces) private readonly places: StreamPlaces,
  ) {}

  /** @throws {TooManyStreamsError | TooManyStreamsOfOwnerError} */
  takePlace(ownerId: string, signal: AbortSignal): void {
    this.places.take(ownerId, signal);
  }

  /**
   * The stream's text, to its end or until the signal aborts.
   * @throws {TesseraError} for a failure before the first chunk, if it comes early enough
   */
  async open(chat: StartedChat, signal: AbortSignal): Promise<AsyncGenerator<string>> {
    const chunks = await beginWithin(this.chunks(chat, signal), STATUS_WITHIN_MS);
    return this.text(chat, chunks, signal);
  }

  private async *text(
    chat: StartedChat,
    chunks: AsyncIterable<ChatCompletionChunk[]>,
    signal: AbortSignal,
  ): AsyncGenerator<string> {
    try {
      yield* withKeepAlive(toTexts(chunks), KEEP_ALIVE_INTERVAL_MS, KEEP_ALIVE_COMMENT);
      if (!signal.aborted) yield 'data: [DONE]\n\n';
    } catch (thrown) {
      const error = streamErrorOf(thrown);
      this.logger.warn({ err: error, jobId: chat.jobId }, 'a streamed chat completion broke off');
      yield toText([toErrorAnswer(error).body]);
    }
  }

  private async *chunks(chat: StartedChat, signal: AbortSignal): AsyncGenerator<ChatCompletionChunk[]> {
    const writer = new ChunkWriter(chat.identity, {
      choiceCount: chat.choiceCount,
      includeUsage: chat.stream?.includeUsage ?? false,
    });
    const stop = AbortSignal.any([signal, AbortSignal.timeout(this.chatJobs.timeLeftMs(chat))]);
    for await (const event of this.jobStore.streamEvents(chat.jobId, { signal: stop })) {
      if (event.type === 'final') {
        const answer = this.chatJobs.outcomeOf(await this.jobStore.getJob(chat.jobId), chat, signal);
        if (answer !== undefined) yield writer.end(answer);
        return;
      }
      if (event.type === 'restart') writer.restart();
      const chunks = event.type === 'text' ? writer.text(event) : [];
      if (chunks.length > 0) yield chunks;
    }
    this.chatJobs.outcomeOf(undefined, chat, signal);
  }
}

async function* toTexts(source: AsyncIterable<ChatCompletionChunk[]>): AsyncGenerator<string> {
  for await (const chunks of source) yield toText(chunks);
}

function toText(messages: readonly object[]): string {
  return messages.map((message) => `data: ${JSON.stringify(message)}\n\n`).join('');
}
