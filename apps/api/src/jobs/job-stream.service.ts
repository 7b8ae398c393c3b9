import { Inject, Injectable } from '@nestjs/common';
import { type JobRecord } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { type JobStore, type JobStreamEvent } from '@tessera/queue';
import { toErrorAnswer } from '../errors/to-error-answer.js';
import { streamErrorOf } from '../errors/to-tessera-error.js';
import { endEventId } from '../http/last-event-id.js';
import { JOB_STORE, LOGGER } from '../tokens.js';
import { JobsService } from './jobs.service.js';
import {
  formatServerSentEvent,
  KEEP_ALIVE_COMMENT,
  KEEP_ALIVE_INTERVAL_MS,
} from '../http/server-sent-event.js';
import { withKeepAlive } from '../http/with-keep-alive.js';

/** How long a reader whose connection broke waits before it comes back, in milliseconds. */
const RECONNECT_DELAY_MS = 1_000;

/** Turns the events of a job into the text of an event stream. */
@Injectable()
export class JobStreamService {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(JOB_STORE) private readonly jobStore: JobStore,
    @Inject(JobsService) private readonly jobs: JobsService,
  ) {}

  /** The stream's text, from after the event `afterId` on, ending with the job object or when the signal aborts. */
  async *text(record: JobRecord, afterId: string | undefined, signal: AbortSignal): AsyncGenerator<string> {
    // Sent at once, so that the reader sees the headers before the first token.
    yield `retry: ${RECONNECT_DELAY_MS}\n\n`;
    const events = this.jobStore.streamEvents(record.id, {
      ...(afterId === undefined ? {} : { afterId }),
      signal,
    });
    try {
      yield* withKeepAlive(this.format(record, events), KEEP_ALIVE_INTERVAL_MS, KEEP_ALIVE_COMMENT);
    } catch (thrown) {
      if (!signal.aborted) yield this.describeFailure(record.id, thrown);
    }
  }

  /** The status line is long out, so a failure is told as OpenAI's streams do: an event with the error envelope. */
  private describeFailure(jobId: string, thrown: unknown): string {
    const error = streamErrorOf(thrown);
    this.logger.error({ err: error, jobId }, 'an event stream broke off');
    return `event: error\ndata: ${JSON.stringify(toErrorAnswer(error).body)}\n\n`;
  }

  private async *format(record: JobRecord, events: AsyncIterable<JobStreamEvent>): AsyncGenerator<string> {
    for await (const event of events) yield await this.formatEvent(record, event);
  }

  private async formatEvent({ id, ownerId }: JobRecord, event: JobStreamEvent): Promise<string> {
    switch (event.type) {
      case 'text':
        return formatServerSentEvent({ id: event.id, event: 'text', data: { text: event.text } });
      case 'restart':
        return formatServerSentEvent({ id: event.id, event: 'restart', data: {} });
      case 'final':
        return formatServerSentEvent({
          id: endEventId(event.id),
          event: 'job',
          data: await this.jobs.toObject(await this.jobs.find(id, ownerId)),
        });
    }
  }
}
