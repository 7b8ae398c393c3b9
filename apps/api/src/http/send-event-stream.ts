import { Readable } from 'node:stream';
import { type FastifyReply } from 'fastify';

/** Sends the text of an event stream as it comes. A reader that leaves early is no failure, so nothing is awaited. */
export function sendEventStream(reply: FastifyReply, text: AsyncIterable<string>): void {
  void reply
    .header('content-type', 'text/event-stream; charset=utf-8')
    .header('cache-control', 'no-cache, no-transform')
    // Asks nginx not to collect the stream in a buffer.
    .header('x-accel-buffering', 'no')
    .send(Readable.from(text));
}
