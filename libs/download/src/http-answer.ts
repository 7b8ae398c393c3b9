import { type Dispatcher } from 'undici';
import { UnusableAnswerError, HostUnreachableError } from './errors.js';

const LONGEST_REASON = 200;

/** What a server answered; the body is still to be read, or to be discarded. */
export class HttpAnswer {
  constructor(
    readonly url: URL,
    private readonly response: Dispatcher.ResponseData,
  ) {}

  get status(): number {
    return this.response.statusCode;
  }

  header(name: string): string | undefined {
    const value = this.response.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }

  /** The body as it arrives. A connection that breaks rejects with a HostUnreachableError, an abort with its reason. */
  async *read(signal: AbortSignal): AsyncGenerator<Buffer> {
    const encoding = this.header('content-encoding') ?? 'identity';
    if (encoding !== 'identity') {
      this.discard();
      throw new UnusableAnswerError(
        this.url.host,
        `it sends Content-Encoding ${encoding}, which nobody asked for`,
      );
    }
    try {
      for await (const chunk of this.response.body as AsyncIterable<Buffer>) yield chunk;
    } catch (error) {
      signal.throwIfAborted();
      throw new HostUnreachableError(this.url.host, error);
    }
  }

  /** The body as UTF-8. */
  async text(signal: AbortSignal): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.read(signal)) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  }

  /** @throws UnusableAnswerError when the body is no JSON */
  async json(signal: AbortSignal): Promise<unknown> {
    const text = await this.text(signal);
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new UnusableAnswerError(this.address, 'the answer is no JSON', { cause });
    }
  }

  /** Drops the body, and the connection unless the body was at its end. */
  discard(): void {
    // Destroying reports an abort, to nobody in particular.
    this.response.body.on('error', () => undefined);
    this.response.body.destroy();
  }

  /** Without the query, which may hold a signature. */
  get address(): string {
    return `${this.url.origin}${this.url.pathname}`;
  }

  /** What a hub says about a refusal, fit for a terminal. */
  get reason(): string | undefined {
    return this.header('x-error-message')
      ?.replace(/[^\x20-\x7e]/g, ' ')
      .slice(0, LONGEST_REASON);
  }

  /** Milliseconds of `Retry-After`, which is seconds or a date; undefined when absent or neither. */
  retryAfterMs(nowMs = Date.now()): number | undefined {
    const text = this.header('retry-after')?.trim();
    if (text === undefined || text === '') return undefined;
    if (/^\d+$/.test(text)) return Number(text) * 1000;
    const date = Date.parse(text);
    return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
  }
}
