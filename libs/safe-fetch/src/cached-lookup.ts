import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';
import { type Lookup, lookupBySystem, type ResolvedAddress } from './guarded-connector.js';

const MAX_NAMES = 10_000;
/** As many as libuv gives the system's resolver of its four threads: the rest would wait where nobody can call it off. */
const PARALLEL_LOOKUPS = 2;

export interface CachedLookupOptions {
  /** Default: the operating system's. */
  readonly lookup?: Lookup;
  /** How long an answer is used; more than 0. */
  readonly ttlMs: number;
  /** Names that are remembered; the least recently used go first. */
  readonly maxNames?: number;
  /** Milliseconds that only go up. Default: of the process. */
  readonly nowMs?: () => number;
}

/**
 * Remembers what names resolve to, asks once for those who want the same name, and for few names at a time.
 * Failures are not kept. It decides nothing: the addresses are checked for every connection made to them.
 */
export function cachedLookup(options: CachedLookupOptions): Lookup {
  const { ttlMs, lookup = lookupBySystem, maxNames = MAX_NAMES } = options;
  const nowMs = options.nowMs ?? (() => performance.now());
  const limit = pLimit(PARALLEL_LOOKUPS);
  const answers = new LRUCache<string, readonly ResolvedAddress[]>({
    max: maxNames,
    perf: { now: nowMs },
    ttlResolution: 0,
  });
  const underWay = new Map<string, Promise<readonly ResolvedAddress[]>>();

  const ask = async (hostname: string) => {
    try {
      const addresses = await limit(() => lookup(hostname));
      answers.set(hostname, addresses, { ttl: ttlMs });
      return addresses;
    } finally {
      underWay.delete(hostname);
    }
  };
  return async (hostname) => {
    const known = answers.get(hostname) ?? underWay.get(hostname);
    if (known !== undefined) return known;
    const answer = ask(hostname);
    underWay.set(hostname, answer);
    return answer;
  };
}
