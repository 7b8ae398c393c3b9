import { once } from 'node:events';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type HttpAnswer } from './read-answer.js';

/** A body that is sent as it comes. */
export interface StreamedBody {
  readonly contentType: string;
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * Posts a body of any length in bounded memory. `fetch` does not: it takes the whole body in before the connection
 * does, however slow that is.
 */
export async function postStream(
  url: string,
  { contentType, chunks }: StreamedBody,
  { headers, signal }: { headers: Record<string, string>; signal: AbortSignal | undefined },
): Promise<HttpAnswer> {
  const open = url.startsWith('https:') ? requestHttps : requestHttp;
  const request = open(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': contentType },
    ...(signal === undefined ? {} : { signal }),
  });
  const answered = once(request, 'response');
  // A refusal may come before all is sent, and the rest is then in vain.
  const [response] = (await Promise.race([answered, pipeline(chunks, request).then(() => answered)])) as [
    IncomingMessage,
  ];
  return toHttpAnswer(response, url);
}

function toHttpAnswer(response: IncomingMessage, url: string): HttpAnswer {
  const { statusCode: status = 0, headers } = response;
  return {
    ok: status >= 200 && status < 300,
    status,
    url,
    headers: { get: (name) => headers[name]?.toString() ?? null },
    text: () => text(response),
  };
}
