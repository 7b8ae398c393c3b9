import { TesseraError } from '@tessera/contracts';
import { type z } from 'zod';
import { ServiceUnreachableError } from './errors.js';
import { postStream, type StreamedBody } from './post-stream.js';
import { type HttpAnswer, readAnswer, readJson, toRefusal } from './read-answer.js';
import { type RetryPolicy, withRetries } from './with-retries.js';

export interface ServiceConnectionOptions {
  /** Address of the service, without a slash at its end. */
  readonly url: string;
  /** Sent with every request; absent: none. */
  readonly apiKey?: string | undefined;
  readonly retries: RetryPolicy;
  /** Ends every request. */
  readonly signal?: AbortSignal;
}

/** What a request is beside its path; its headers by name. */
export type ServiceRequest = Omit<RequestInit, 'headers'> & { readonly headers?: Record<string, string> };

/** An answer that is read as it comes. */
export interface OpenedAnswer {
  readonly body: ReadableStream<Uint8Array>;
  /** Where it came from, after redirects. */
  readonly url: string;
}

/** Requests to a Tessera service, with its refusals and the connection's failures as errors. */
export class ServiceConnection {
  constructor(private readonly options: ServiceConnectionOptions) {}

  /**
   * The JSON answer to a request, which is tried again while that can help.
   * @param makeInit is called for every attempt
   */
  request<Schema extends z.ZodType>(
    path: string,
    makeInit: () => ServiceRequest,
    schema: Schema,
  ): Promise<z.output<Schema>> {
    return this.retry(async () => this.readAnswer(await this.send(path, makeInit()), schema));
  }

  /**
   * Posts a body of any length.
   * @param makeBody is called for every attempt
   */
  upload<Schema extends z.ZodType>(
    path: string,
    makeBody: () => StreamedBody,
    schema: Schema,
  ): Promise<z.output<Schema>> {
    const { url, signal } = this.options;
    return this.retry(async () => {
      const sending = postStream(`${url}${path}`, makeBody(), { headers: this.keyHeaders(), signal });
      const response = await sending.catch((cause: unknown) => {
        throw this.toError(cause);
      });
      return this.readAnswer(response, schema);
    });
  }

  /** Opens an answer that is not JSON, as {@link request} does. Its body may still break off: see {@link toError}. */
  open(path: string): Promise<OpenedAnswer> {
    return this.retry(() => this.openOnce(path, {}));
  }

  async openOnce(path: string, init: ServiceRequest): Promise<OpenedAnswer> {
    const response = await this.send(path, init);
    const { ok, body, url } = response;
    if (!ok || body === null) throw toRefusal(response, await readJson(response));
    return { body, url };
  }

  /** What is no refusal came from the connection. */
  toError(cause: unknown): unknown {
    if (cause instanceof TesseraError || this.options.signal?.aborted === true) return cause;
    return new ServiceUnreachableError(this.options.url, rootMessage(cause), { cause });
  }

  private async readAnswer<Schema extends z.ZodType>(
    response: HttpAnswer,
    schema: Schema,
  ): Promise<z.output<Schema>> {
    try {
      return await readAnswer(response, schema);
    } catch (cause) {
      throw this.toError(cause);
    }
  }

  private retry<T>(attempt: () => Promise<T>): Promise<T> {
    return withRetries(attempt, { policy: this.options.retries, signal: this.options.signal });
  }

  private async send(path: string, init: ServiceRequest): Promise<Response> {
    const { url, signal } = this.options;
    try {
      const headers = { ...init.headers, ...this.keyHeaders() };
      return await fetch(`${url}${path}`, { ...init, headers, ...(signal === undefined ? {} : { signal }) });
    } catch (cause) {
      throw this.toError(cause);
    }
  }

  private keyHeaders(): Record<string, string> {
    const { apiKey } = this.options;
    return apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
  }
}

/** `fetch` itself only says "fetch failed"; what failed is its cause. */
function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return rootMessage(error.cause);
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}
