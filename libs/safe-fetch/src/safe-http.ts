import { Agent, type Dispatcher, errors } from 'undici';
import { TesseraError } from '@tessera/contracts';
import { AddressRules, type Reach } from './address-rules.js';
import { checkUrlBy, describeUrl, reachOf } from './check-url.js';
import { withDeadline } from './deadline.js';
import { FetchConnectionError, FetchTimeoutError, TooManyRedirectsError } from './errors.js';
import { guardedConnector, type Lookup, lookupBySystem } from './guarded-connector.js';
import { nextUrl } from './next-url.js';
import { checkStatus, discard, readBody, readExcerpt, redirectLocation, retryAfterMs } from './response.js';

const MAX_REDIRECTS = 5;
const CONNECT_TIMEOUT_MS = 10_000;
const MAX_HEADER_BYTES = 16_384;
const MAX_IDLE_CONNECTION_MS = 10_000;

export interface SafeHttpOptions {
  /** CIDR blocks of addresses that are reached although they are not public. */
  readonly allowedPrivateNetworks: readonly string[];
  /** Default: the operating system's. */
  readonly lookup?: Lookup;
}

export interface FetchOptions {
  readonly maxBytes: number;
  /** For everything: names, redirects, the last byte of the body. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface PostOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** `http:` only into the allowed private networks. Default: false. */
  readonly httpsOnly?: boolean;
  /** Bytes of the answer's body that are read, as far as they come soon. Default: 0. */
  readonly excerptBytes?: number;
}

export interface PostResult {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  /** The beginning of the body, as text. */
  readonly excerpt: string;
}

interface Exchange {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal: AbortSignal;
}

/**
 * HTTP to addresses that strangers choose. Only public addresses and the allowed networks are connected to, every
 * exchange is bounded in time and size, and proxies of the environment are not used.
 * An aborted `signal` rejects with its reason; everything else is a `TesseraError` of this package.
 */
export class SafeHttp {
  private readonly rules: AddressRules;
  private readonly agents: Readonly<Record<Reach, Agent>>;
  private readonly underWay = new Set<Promise<unknown>>();

  constructor({ allowedPrivateNetworks, lookup = lookupBySystem }: SafeHttpOptions) {
    this.rules = new AddressRules(allowedPrivateNetworks);
    const agentOf = (reach: Reach) =>
      new Agent({
        connect: guardedConnector({ rules: this.rules, reach, lookup, connectTimeoutMs: CONNECT_TIMEOUT_MS }),
        maxHeaderSize: MAX_HEADER_BYTES,
        keepAliveMaxTimeout: MAX_IDLE_CONNECTION_MS,
        // The deadline of each exchange covers both.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
    this.agents = { public: agentOf('public'), 'allowed-networks-only': agentOf('allowed-networks-only') };
  }

  /** The body behind `url`; redirects are followed, each checked like the first address. */
  async fetchBytes(url: string, { maxBytes, timeoutMs, signal }: FetchOptions): Promise<Uint8Array> {
    const first = checkUrlBy(this.rules, url, false);
    const timeoutError = () => new FetchTimeoutError(describeUrl(first), timeoutMs);
    const fetch = (signal: AbortSignal) => this.follow(first, maxBytes, signal);
    return this.track(withDeadline({ timeoutMs, timeoutError, signal }, fetch));
  }

  /** Posts once and follows nothing: what counts is the status, and of the body there is an excerpt at most. */
  async post(url: string, options: PostOptions): Promise<PostResult> {
    const { timeoutMs, signal, headers, body, httpsOnly = false, excerptBytes = 0 } = options;
    const target = checkUrlBy(this.rules, url, httpsOnly);
    const timeoutError = () => new FetchTimeoutError(describeUrl(target), timeoutMs);
    const toResult = async (response: Dispatcher.ResponseData) => ({
      status: response.statusCode,
      retryAfterMs: retryAfterMs(response),
      excerpt: await readExcerpt(response, excerptBytes),
    });
    const send = (signal: AbortSignal) =>
      this.exchange(target, { method: 'POST', headers, body, signal }, reachOf(target, httpsOnly), toResult);
    return this.track(withDeadline({ timeoutMs, timeoutError, signal }, send));
  }

  /** Waits for exchanges under way, then closes all connections. */
  async close(): Promise<void> {
    await Promise.allSettled(this.underWay);
    // Not their close(), which also waits for connections that nobody wants any more.
    await Promise.all(Object.values(this.agents).map((agent) => agent.destroy()));
  }

  private async track<Result>(exchange: Promise<Result>): Promise<Result> {
    this.underWay.add(exchange);
    try {
      return await exchange;
    } finally {
      this.underWay.delete(exchange);
    }
  }

  private async follow(first: URL, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
    const request: Exchange = {
      method: 'GET',
      headers: { accept: 'image/*,*/*;q=0.8', 'accept-encoding': 'identity', 'user-agent': 'Tessera' },
      signal,
    };
    let url = first;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
      const result = await this.exchange(url, request, 'public', async (response) => {
        const location = redirectLocation(response);
        if (location !== undefined) return nextUrl(this.rules, url, location);
        checkStatus(response, describeUrl(url));
        return readBody(response, describeUrl(url), maxBytes);
      });
      if (!(result instanceof URL)) return result;
      url = result;
    }
    throw new TooManyRedirectsError(describeUrl(first), MAX_REDIRECTS);
  }

  /** One request and what `read` makes of its answer; the rest of the answer is dropped. */
  private async exchange<Result>(
    url: URL,
    request: Exchange,
    reach: Reach,
    read: (response: Dispatcher.ResponseData) => Result | Promise<Result>,
  ): Promise<Result> {
    try {
      const path = `${url.pathname}${url.search}`;
      const response = await this.agents[reach].request({ ...request, origin: url.origin, path });
      try {
        return await read(response);
      } finally {
        discard(response);
      }
    } catch (error) {
      if (error instanceof TesseraError) throw error;
      if (error instanceof errors.ConnectTimeoutError) {
        throw new FetchTimeoutError(describeUrl(url), CONNECT_TIMEOUT_MS, { cause: error });
      }
      throw new FetchConnectionError(describeUrl(url), error);
    }
  }
}
