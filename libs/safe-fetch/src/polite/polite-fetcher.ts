import { cachedLookup } from '../cached-lookup.js';
import { describeUrl, literalAddress } from '../check-url.js';
import { withDeadline } from '../deadline.js';
import { FetchConnectionError, FetchTimeoutError } from '../errors.js';
import { followRedirects } from '../follow-redirects.js';
import { type Lookup } from '../guarded-connector.js';
import { NameResolver } from '../names/name-resolver.js';
import { type FetchOptions, SafeHttp, type SafeHttpOptions, type UrlFetcher } from '../safe-http.js';
import { type Clock, systemClock } from './clock.js';
import { askedPauseMs, type HostFailure, isHostFailure, mayPass } from './host-failure.js';
import { HostLines } from './host-lines.js';
import { type Patience } from './patience.js';

const FIRST_BACKOFF_MS = 500;

export interface PoliteFetcherOptions extends SafeHttpOptions, Patience {
  /** Requests at a time, to all hosts together. */
  readonly concurrency: number;
  readonly concurrencyPerHost: number;
  /** Requests that begin within a second, evenly spread. Undefined: no limit. */
  readonly requestsPerSecondPerHost: number | undefined;
  /** How long the addresses of a name are remembered; they are checked for every connection all the same. */
  readonly dnsCacheMs: number;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** At least 0, below 1. Default: `Math.random`. */
  readonly random?: () => number;
}

/**
 * Fetches many URLs as a good guest: few requests to one host at a time, pauses where a host fails or asks for them, and
 * no host that holds up another. As safe as {@link SafeHttp}, with its errors and {@link HostPausedError}.
 */
export class PoliteFetcher implements UrlFetcher {
  private readonly http: SafeHttp;
  private readonly names = new NameResolver();
  private readonly lookup: Lookup;
  private readonly lines: HostLines;
  private readonly clock: Clock;
  private readonly random: () => number;
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(private readonly options: PoliteFetcherOptions) {
    const { clock = systemClock, random = Math.random, lookup = this.names.lookup } = options;
    this.clock = clock;
    this.random = random;
    this.lookup = cachedLookup({ lookup, ttlMs: options.dnsCacheMs, nowMs: () => clock.nowMs() });
    this.http = new SafeHttp({ ...options, lookup: this.lookup });
    this.lines = new HostLines({
      ...options,
      perHost: {
        concurrency: options.concurrencyPerHost,
        requestsPerSecond: options.requestsPerSecondPerHost,
        maxPauseMs: options.maxPauseMs,
      },
      clock,
      random,
    });
  }

  /**
   * The body behind `url`; redirects are followed, each in its own host's turn. The time counts for each attempt by
   * itself, and only while a server is being asked; a name gets as much to resolve.
   */
  async fetchBytes(url: string, options: FetchOptions): Promise<Uint8Array> {
    const fetching = this.fetchPatiently(this.http.checkUrl(url), options);
    this.underWay.add(fetching);
    try {
      return await fetching;
    } finally {
      this.underWay.delete(fetching);
    }
  }

  /** Waits for fetches under way, those in line too, then closes all connections. */
  async close(): Promise<void> {
    await Promise.allSettled(this.underWay);
    this.names.close();
    await this.http.close();
  }

  private async fetchPatiently(url: URL, options: FetchOptions): Promise<Uint8Array> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.fetchOnce(url, options);
      } catch (error) {
        if (attempt >= this.options.attempts || !isHostFailure(error) || !mayPass(error)) throw error;
        await this.backOff(error, attempt, options.signal);
      }
    }
  }

  /** Not where the host has said how long to wait: its line as a whole does. */
  private async backOff(
    failure: HostFailure,
    attempt: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if ((askedPauseMs(failure) ?? 0) > 0) return;
    await this.clock.wait(FIRST_BACKOFF_MS * 2 ** (attempt - 1) * (1 + this.random()), signal);
  }

  private async fetchOnce(first: URL, options: FetchOptions): Promise<Uint8Array> {
    let elapsedMs = 0;
    const request = async (url: URL) => {
      const startedAtMs = this.clock.nowMs();
      try {
        return await this.http.fetchHop(url, { ...options, elapsedMs });
      } finally {
        elapsedMs += this.clock.nowMs() - startedAtMs;
      }
    };
    return followRedirects(first, (url) =>
      this.lines.run({
        host: url.hostname.replace(/\.+$/, ''),
        prepare: () => this.resolve(url, options),
        request: () => request(url),
        signal: options.signal,
      }),
    );
  }

  /** Before the exchange, so that waiting for other names takes nothing of its time, nor of the limit of all. */
  private async resolve(url: URL, { timeoutMs, signal }: FetchOptions): Promise<void> {
    if (literalAddress(url.hostname) !== undefined) return;
    const timeoutError = () => new FetchTimeoutError(describeUrl(url), timeoutMs);
    await withDeadline({ timeoutMs, timeoutError, signal }, async () => {
      try {
        await this.lookup(url.hostname);
      } catch (error) {
        throw new FetchConnectionError(describeUrl(url), error);
      }
    });
  }
}
