import { type Dispatcher } from 'undici';
import { collectBody } from './collect-body.js';
import {
  BodyTooLargeError,
  ContentEncodingError,
  FetchRefusedError,
  FetchStatusError,
  ImageOptedOutError,
} from './errors.js';
import { refusingDirective, type RobotsRules } from './robots-tag.js';

type Response = Dispatcher.ResponseData;

const EXCERPT_TIMEOUT_MS = 1_000;

const REDIRECT_STATUSES = [301, 302, 303, 307, 308];
/** 4xx that pass: the server timed out, was too early, or had too much to do. */
const TRANSIENT_CLIENT_ERRORS = [408, 425, 429];

/** Where a redirect leads to, as the server wrote it; undefined when the answer is none. */
export function redirectLocation(response: Response): string | undefined {
  return REDIRECT_STATUSES.includes(response.statusCode) ? header(response, 'location') : undefined;
}

/** Throws unless the answer is a success. */
export function checkStatus(response: Response, url: string): void {
  const { statusCode } = response;
  if (statusCode >= 200 && statusCode < 300) return;
  const isLasting = statusCode >= 400 && statusCode < 500 && !TRANSIENT_CLIENT_ERRORS.includes(statusCode);
  if (isLasting) throw new FetchRefusedError(url, statusCode);
  throw new FetchStatusError(url, statusCode, retryAfterMs(response));
}

/** Throws where the server asks us to leave the image alone. */
export function checkRobotsTag(
  { headers }: Pick<Response, 'headers'>,
  url: string,
  rules: RobotsRules,
): void {
  const directive = refusingDirective(headers['x-robots-tag'], rules);
  if (directive !== undefined) throw new ImageOptedOutError(url, directive);
}

/** The whole body, as long as it keeps to `maxBytes` in what it declares and in what it sends. */
export async function readBody(response: Response, url: string, maxBytes: number): Promise<Uint8Array> {
  const encoding = header(response, 'content-encoding') ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') throw new ContentEncodingError(url, encoding);
  const declaredBytes = Number(header(response, 'content-length') ?? 0);
  if (declaredBytes > maxBytes) throw new BodyTooLargeError(url, maxBytes, declaredBytes);
  return collectBody(response.body as AsyncIterable<Uint8Array>, { url, maxBytes });
}

/**
 * The first bytes of the body as text, without waiting for what does not come within a second: nobody depends on it.
 * What is no UTF-8, or is cut inside a character, becomes U+FFFD.
 */
export async function readExcerpt({ body }: Pick<Response, 'body'>, maxBytes: number): Promise<string> {
  if (maxBytes === 0) return '';
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  const timer = setTimeout(() => body.destroy(), EXCERPT_TIMEOUT_MS);
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      byteCount += chunk.length;
      if (byteCount >= maxBytes) break;
    }
  } catch {
    // The status has been received in full, and the body breaking off changes nothing about it.
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
}

/** Ends an answer whose body nobody wants, and its connection unless the body was at its end. */
export function discard(response: Response): void {
  // Destroying reports an abort, to nobody in particular.
  response.body.on('error', () => undefined);
  response.body.destroy();
}

/** Milliseconds of `Retry-After`, which is seconds or a date; undefined when absent or neither. */
export function retryAfterMs(response: Pick<Response, 'headers'>, nowMs = Date.now()): number | undefined {
  const text = header(response, 'retry-after')?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

function header({ headers }: Pick<Response, 'headers'>, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
