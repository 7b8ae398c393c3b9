import { TesseraError } from '@tessera/contracts';

/** The text is no URL that is ever fetched. */
export class UrlInvalidError extends TesseraError {
  readonly code = 'image_url_invalid';
  constructor(
    readonly reason: string,
    options: { cause?: unknown } = {},
  ) {
    super(`the URL cannot be used: ${reason}`, options);
  }
}

/** The URL leads somewhere off limits. */
export class UrlNotAllowedError extends TesseraError {
  readonly code = 'url_not_allowed';
  constructor(
    readonly host: string,
    readonly reason: string,
    /** What the host name resolved to. Not in the message: a client learns nothing about names of the inner network. */
    readonly address?: string,
  ) {
    super(`${host} may not be reached: ${reason}`);
  }
}

/** The server refuses for good: a 4xx other than 408, 425 and 429. */
export class FetchRefusedError extends TesseraError {
  readonly code = 'image_not_found';
  constructor(
    readonly url: string,
    readonly status: number,
  ) {
    super(`${url} was answered with status ${status}`);
  }
}

/** The server answered neither with a body nor with a lasting refusal. */
export class FetchStatusError extends TesseraError {
  readonly code = 'image_fetch_failed';
  constructor(
    readonly url: string,
    readonly status: number,
    /** What the server asks to wait. */
    readonly retryAfterMs: number | undefined,
  ) {
    super(`${url} was answered with status ${status}`);
  }
}

/** No name, no connection, or one that broke. */
export class FetchConnectionError extends TesseraError {
  readonly code = 'image_fetch_failed';
  constructor(
    readonly url: string,
    cause: unknown,
  ) {
    super(`${url} could not be reached: ${describeCause(cause)}`, { cause });
  }
}

/** More redirects than are followed; most likely a loop. */
export class TooManyRedirectsError extends TesseraError {
  readonly code = 'image_fetch_failed';
  constructor(
    readonly url: string,
    readonly maxRedirects: number,
  ) {
    super(`${url} leads to more than ${maxRedirects} redirects`);
  }

  override get retryable(): boolean {
    return false;
  }
}

/** The body is compressed although it was asked for as it is. */
export class ContentEncodingError extends TesseraError {
  readonly code = 'image_fetch_failed';
  constructor(
    readonly url: string,
    readonly encoding: string,
  ) {
    super(`${url} was answered with Content-Encoding ${encoding}; only identity is read`);
  }

  override get retryable(): boolean {
    return false;
  }
}

/** The whole exchange, or making the connection, took too long. */
export class FetchTimeoutError extends TesseraError {
  readonly code = 'image_fetch_timeout';
  constructor(
    readonly url: string,
    readonly timeoutMs: number,
    options: { cause?: unknown } = {},
  ) {
    super(`${url} was not answered in full within ${timeoutMs} ms`, options);
  }
}

/** The server asks by `X-Robots-Tag` that such as we leave the image alone. */
export class ImageOptedOutError extends TesseraError {
  readonly code = 'image_opted_out';
  constructor(
    readonly url: string,
    readonly directive: string,
  ) {
    super(`${url} is not for bulk use: its server answers with X-Robots-Tag: ${directive}`);
  }
}

/** The host has failed, or asks for a pause that is longer than this fetch waits. Its server was not asked. */
export class HostPausedError extends TesseraError {
  readonly code = 'image_fetch_failed';
  constructor(
    readonly host: string,
    readonly pausedForMs: number,
    options: { cause?: unknown } = {},
  ) {
    super(`${host} is left alone for another ${Math.ceil(pausedForMs / 1000)} s after it failed`, options);
  }
}

/** The body has more bytes than allowed, by its declared length or by count. */
export class BodyTooLargeError extends TesseraError {
  readonly code = 'image_too_large';
  constructor(
    readonly url: string,
    readonly maxBytes: number,
    readonly declaredBytes: number | undefined,
  ) {
    const size = declaredBytes === undefined ? 'more bytes' : `${declaredBytes} bytes`;
    super(`${url} has ${size}; at most ${maxBytes} are allowed`);
  }
}

/** Connection failures often come as an AggregateError without a message; their code says it all. */
function describeCause(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || ('code' in cause ? String(cause.code) : cause.name);
}
