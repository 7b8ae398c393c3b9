import { EventSourceParserStream } from 'eventsource-parser/stream';
import { type z } from 'zod';
import { UnexpectedAnswerError } from './errors.js';
import { errorEnvelopeSchema, jobSchema, type ServiceJob, textEventSchema } from './schemas.js';

/** What the event stream of a job tells. */
export type JobStreamEvent =
  | { type: 'text'; text: string }
  /** The text begins anew: the worker that made it is gone. */
  | { type: 'restart' }
  | { type: 'job'; job: ServiceJob };

/**
 * Reads the text/event-stream of a job. Events of other names are skipped.
 * @throws {UnexpectedAnswerError} for data of another shape, and for the stream's own report of a failure
 */
export async function* readJobStream(
  body: ReadableStream<Uint8Array>,
  url: string,
): AsyncGenerator<JobStreamEvent> {
  const events = body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  const read = <Schema extends z.ZodType>(schema: Schema, data: string): z.output<Schema> =>
    parseData(schema, data, url);
  for await (const { event, data } of events) {
    if (event === 'text') yield { type: 'text', text: read(textEventSchema, data).text };
    else if (event === 'restart') yield { type: 'restart' };
    else if (event === 'job') yield { type: 'job', job: read(jobSchema, data) };
    else if (event === 'error') {
      throw new UnexpectedAnswerError(url, 200, read(errorEnvelopeSchema, data).error.message);
    }
  }
}

function parseData<Schema extends z.ZodType>(schema: Schema, data: string, url: string): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(data));
  } catch (cause) {
    throw new UnexpectedAnswerError(url, 200, 'an event of its stream has another shape', { cause });
  }
}
