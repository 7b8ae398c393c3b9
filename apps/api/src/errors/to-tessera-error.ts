import { HttpException } from '@nestjs/common';
import { TooManyImagesError } from '@tessera/chat-completions';
import { type Config } from '@tessera/config';
import { TesseraError } from '@tessera/contracts';
import { RedisUnavailableError } from '@tessera/queue';
import { ObjectStoreUnavailableError } from '@tessera/storage';
import { type FastifyRequest } from 'fastify';
import {
  InternalError,
  InvalidJsonError,
  InvalidRequestError,
  RequestTimeoutError,
  RequestTooLargeError,
  ServiceUnavailableError,
  UnsupportedMediaTypeError,
} from './request.errors.js';
import { MAX_FORM_FIELDS } from '../http/form-limits.js';

/** What the mapping needs to know of the request and the limits it was held to. */
export interface ErrorContext {
  contentType: string | undefined;
  /** Bytes that the client announced; absent where it did not. */
  contentLength: number | undefined;
  http: Pick<Config['http'], 'maxBodyBytes' | 'headersTimeoutMs' | 'requestTimeoutMs'>;
  maxImages: number;
}

/** The context of an error that `httpRequest` met. */
export function toErrorContext({ http, images }: Config, { headers }: FastifyRequest): ErrorContext {
  const contentLength = headers['content-length'];
  return {
    contentType: headers['content-type'],
    contentLength: contentLength === undefined ? undefined : Number(contentLength),
    http,
    maxImages: images.maxPerJob,
  };
}

type Mapping = (error: Error, context: ErrorContext) => TesseraError;

const LONGEST_FOREIGN_MESSAGE = 200;

/** Messages of Fastify may repeat the whole URL. */
const invalidRequest: Mapping = (error) =>
  new InvalidRequestError(error.message.slice(0, LONGEST_FOREIGN_MESSAGE), { cause: error });
const tooLarge: Mapping = (_error, { http, contentLength }) =>
  new RequestTooLargeError(http.maxBodyBytes, contentLength);
const tooManyParts: Mapping = (error) =>
  new InvalidRequestError(`a form may have at most ${MAX_FORM_FIELDS} text parts, given more`, {
    cause: error,
  });

/** Codes of Fastify and its multipart plugin that say more than their status. */
const BY_FASTIFY_CODE: Readonly<Record<string, Mapping>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: tooLarge,
  FST_REQ_FILE_TOO_LARGE: tooLarge,
  FST_FILES_LIMIT: (_error, { maxImages }) => new TooManyImagesError(maxImages, undefined, 'image'),
  FST_FIELDS_LIMIT: tooManyParts,
  FST_PARTS_LIMIT: tooManyParts,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: (_error, { contentType }) => new UnsupportedMediaTypeError(contentType),
  FST_INVALID_JSON_FIELD_ERROR: (error) => new InvalidJsonError(error.message, { cause: error }),
};

const BY_STATUS: Readonly<Record<number, Mapping>> = {
  408: (_error, { http }) => new RequestTimeoutError(http.headersTimeoutMs, http.requestTimeoutMs),
  413: tooLarge,
  415: (_error, { contentType }) => new UnsupportedMediaTypeError(contentType),
};

/**
 * Gives every failure one of our codes: our own errors as they are, those of Nest, Fastify and the multipart parser
 * by their code or status, everything else as an internal error whose cause only the log sees.
 */
export function toTesseraError(thrown: unknown, context: ErrorContext): TesseraError {
  const ours = fromOurs(thrown);
  if (ours !== undefined) return ours;
  // Nest wraps Fastify's own errors, which carry the code, as the cause.
  if (thrown instanceof HttpException && thrown.cause instanceof Error)
    return toTesseraError(thrown.cause, context);
  if (!(thrown instanceof Error)) return new InternalError(thrown);
  const mapping = BY_FASTIFY_CODE[codeOf(thrown) ?? ''] ?? mappingByStatus(thrown);
  return mapping === undefined ? new InternalError(thrown) : mapping(thrown, context);
}

/** The same for a stream that has begun: there is no request left to blame. */
export function streamErrorOf(thrown: unknown): TesseraError {
  return fromOurs(thrown) ?? new InternalError(thrown);
}

function fromOurs(thrown: unknown): TesseraError | undefined {
  // Their own messages tell of hosts and folders, which are for the log.
  if (thrown instanceof RedisUnavailableError) return new ServiceUnavailableError('Redis', thrown);
  if (thrown instanceof ObjectStoreUnavailableError)
    return new ServiceUnavailableError('object store', thrown);
  return thrown instanceof TesseraError ? thrown : undefined;
}

function mappingByStatus(error: Error): Mapping | undefined {
  const status = statusOf(error);
  if (status === undefined || status < 400 || status >= 500) return undefined;
  return BY_STATUS[status] ?? invalidRequest;
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function statusOf(error: Error): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  return 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined;
}
