import { Agent, type Dispatcher, errors } from 'undici';
import { TesseraError } from '@tessera/contracts';
import { AddressRules, type Reach } from './address-rules.js';
import { cachedLookup } from './cached-lookup.js';
import { checkUrlBy, describeUrl, reachOf } from './check-url.js';
import { withDeadline } from './deadline.js';
import { FetchConnectionError, FetchTimeoutError } from './errors.js';
import { followRedirects } from './follow-redirects.js';
import { guardedConnector, type Lookup } from './guarded-connector.js';
import { NameResolver } from './names/name-resolver.js';
import { nextUrl } from './next-url.js';
import {
  checkRobotsTag,
  checkStatus,
  discard,
  readBody,
  readExcerpt,
  redirectLocation,
  retryAfterMs,
} from './response.js';
import { productToken } from './robots-tag.js';

/** The name that we give, and that rules for robots call us by even where an operator sets another. */
export const DEFAULT_USER_AGENT = 'Tessera';

const CONNECT_TIMEOUT_MS = 10_000;
const MAX_HEADER_BYTES = 16_384;
const MAX_IDLE_CONNECTION_MS = 10_000;

export interface SafeHttpOptions {
  /** CIDR blocks of addresses that are reached although they are not public. */
  readonly allowedPrivateNetworks: readonly string[];
  /** Default: of a {@link NameResolver}; what it knows is not remembered, failures are for some seconds. */
  readonly lookup?: Lookup;
  /** Of fetches: a name, and how to reach who runs this. Default: `Tessera`. */
  readonly userAgent?: string;
}

export interface FetchOptions {
  readonly maxBytes: number;
  /** For everything: names, redirects, the last byte of the body. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Directives of `X-Robots-Tag`, in lower case, that the image is left alone for. Default: none. */
  readonly refusedDirectives?: readonly string[];
}

/** Gets what is behind a URL. */
export interface UrlFetcher {
  fetchBytes(url: string, options: FetchOptions): Promise<Uint8Array>;
}

export interface HopOptions extends FetchOptions {
  /** Of the time, what earlier hops have used. */
  readonly elapsedMs: number;
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
export class SafeHttp implements UrlFetcher {
  private readonly rules: AddressRules;
  private readonly userAgent: string;
  private readonly agentNames: readonly string[];
  private readonly names = new NameResolver();
  private readonly agents: Readonly<Record<Reach, Agent>>;
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(options: SafeHttpOptions) {
    const { allowedPrivateNetworks, userAgent = DEFAULT_USER_AGENT } = options;
    const lookup = options.lookup ?? cachedLookup({ lookup: this.names.lookup, ttlMs: 0 });
    this.rules = new AddressRules(allowedPrivateNetworks);
    this.userAgent = userAgent;
    this.agentNames = [userAgent, DEFAULT_USER_AGENT].map(productToken);
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
  async fetchBytes(url: string, options: FetchOptions): Promise<Uint8Array> {
    const { timeoutMs, signal } = options;
    const first = this.checkUrl(url);
    const timeoutError = () => new FetchTimeoutError(describeUrl(first), timeoutMs);
    const follow = (signal: AbortSignal) =>
      followRedirects(first, (hopUrl) => this.hop(hopUrl, { ...options, signal }));
    return this.track(withDeadline({ timeoutMs, timeoutError, signal }, follow));
  }

  /** A single request of {@link fetchBytes}: the body behind `url`, or where it redirects to, checked. */
  async fetchHop(url: URL, options: HopOptions): Promise<Uint8Array | URL> {
    const checked = this.checkUrl(url.href);
    const timeoutError = () => new FetchTimeoutError(describeUrl(checked), options.timeoutMs);
    const deadline = {
      timeoutMs: options.timeoutMs - options.elapsedMs,
      timeoutError,
      signal: options.signal,
    };
    return this.track(withDeadline(deadline, (signal) => this.hop(checked, { ...options, signal })));
  }

  /** What a URL shows by itself, checked. @throws {UrlInvalidError} @throws {UrlNotAllowedError} */
  checkUrl(url: string): URL {
    return checkUrlBy(this.rules, url, false);
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
    this.names.close();
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

  private async hop(
    url: URL,
    { signal, maxBytes, refusedDirectives = [] }: FetchOptions & { signal: AbortSignal },
  ): Promise<Uint8Array | URL> {
    const headers = {
      accept: 'image/*,*/*;q=0.8',
      'accept-encoding': 'identity',
      'user-agent': this.userAgent,
    };
    return this.exchange(url, { method: 'GET', headers, signal }, 'public', async (response) => {
      const location = redirectLocation(response);
      if (location !== undefined) return nextUrl(this.rules, url, location);
      checkStatus(response, describeUrl(url));
      checkRobotsTag(response, describeUrl(url), { refusedDirectives, agents: this.agentNames });
      return readBody(response, describeUrl(url), maxBytes);
    });
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
