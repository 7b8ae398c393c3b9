import { TesseraError } from '@tessera/contracts';

export {
  InvalidRequestError,
  InvalidTypeError,
  InvalidValueError,
  MissingParameterError,
  RefusedParameterError,
  UnknownParameterError,
} from '@tessera/chat-completions';

/** The body is not JSON text. */
export class InvalidJsonError extends TesseraError {
  readonly code = 'invalid_json';
}

export class RouteNotFoundError extends TesseraError {
  readonly code = 'route_not_found';

  constructor(
    readonly method: string,
    readonly path: string,
  ) {
    super(`no route answers ${method} ${path}`);
  }
}

export class MethodNotAllowedError extends TesseraError {
  readonly code = 'method_not_allowed';

  constructor(
    readonly method: string,
    readonly allowedMethods: readonly string[],
  ) {
    super(`this path answers ${allowedMethods.join(', ')}, given ${method}`);
  }
}

export class UnsupportedMediaTypeError extends TesseraError {
  readonly code = 'unsupported_media_type';

  /** @param accepted what the route takes, as the message names it */
  constructor(
    readonly contentType: string | undefined,
    readonly accepted = 'application/json or multipart/form-data',
  ) {
    super(`the body must be ${accepted}, given ${contentType ?? 'no Content-Type'}`);
  }
}

export class UnsupportedContentEncodingError extends TesseraError {
  readonly code = 'unsupported_media_type';

  constructor(readonly contentEncoding: string) {
    super(
      `the body must be sent as it is, without Content-Encoding, given ${JSON.stringify(contentEncoding.slice(0, 80))}`,
      { param: 'Content-Encoding' },
    );
  }
}

export class RequestTooLargeError extends TesseraError {
  readonly code = 'request_too_large';

  /** @param givenBytes unknown where the client did not say how much it sends */
  constructor(
    readonly limitBytes: number,
    readonly givenBytes?: number,
  ) {
    const given = givenBytes === undefined ? 'given more' : `given ${givenBytes}`;
    super(`a request body may have at most ${limitBytes} bytes, ${given}`);
  }
}

/** Node's HTTP parser stopped reading: the request line and headers passed its limit. */
export class HeadersTooLargeError extends TesseraError {
  readonly code = 'headers_too_large';

  constructor(readonly limitBytes: number) {
    super(`the request line and headers together may have at most ${limitBytes} bytes, given more`);
  }
}

export class RequestTimeoutError extends TesseraError {
  readonly code = 'request_timeout';

  constructor(
    readonly headersTimeoutMs: number,
    readonly requestTimeoutMs: number,
  ) {
    super(
      `the headers must be complete within ${headersTimeoutMs} ms and the whole request within ${requestTimeoutMs} ms`,
    );
  }
}

/** Something broke on our side; the cause is logged and never sent. */
export class InternalError extends TesseraError {
  readonly code = 'internal_error';

  constructor(cause: unknown) {
    super('something broke on our side; the logs have the cause under this x-request-id', { cause });
  }
}

/** Redis or the object store cannot be reached. */
export class ServiceUnavailableError extends TesseraError {
  readonly code = 'service_unavailable';

  constructor(
    readonly part: 'Redis' | 'object store',
    cause: unknown,
  ) {
    super(`${part === 'Redis' ? part : 'the object store'} cannot be reached right now`, { cause });
  }
}
