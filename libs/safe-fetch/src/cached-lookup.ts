import { LRUCache } from 'lru-cache';
import { type Lookup, type ResolvedAddress } from './guarded-connector.js';

const MAX_NAMES = 10_000;
/** Outlasts the attempts that follow each other closely, and soon finds a name that has come back. */
const FAILURE_TTL_MS = 5_000;

export interface CachedLookupOptions {
  readonly lookup: Lookup;
  /** How long an answer is used; 0: only by those who asked before it came. */
  readonly ttlMs: number;
  /** Names that are remembered; the least recently used go first. */
  readonly maxNames?: number;
  /** Milliseconds that only go up. Default: of the process. */
  readonly nowMs?: () => number;
}

type Answer = PromiseSettledResult<readonly ResolvedAddress[]>;

/**
 * Remembers what names resolve to, for five seconds also that one does not, and asks once for those who want the same.
 * It decides nothing: the addresses are checked for every connection made to them.
 */
export function cachedLookup(options: CachedLookupOptions): Lookup {
  const { ttlMs, lookup, maxNames = MAX_NAMES } = options;
  const nowMs = options.nowMs ?? (() => performance.now());
  const answers = new LRUCache<string, Answer>({ max: maxNames, perf: { now: nowMs }, ttlResolution: 0 });
  const underWay = new Map<string, Promise<Answer>>();

  const ask = async (hostname: string): Promise<Answer> => {
    const [answer] = await Promise.allSettled([lookup(hostname)]);
    const ttl = answer.status === 'fulfilled' ? ttlMs : FAILURE_TTL_MS;
    if (ttl > 0) answers.set(hostname, answer, { ttl });
    underWay.delete(hostname);
    return answer;
  };
  return async (hostname) => {
    let answer = answers.get(hostname) ?? underWay.get(hostname);
    if (answer === undefined) underWay.set(hostname, (answer = ask(hostname)));
    const known = await answer;
    if (known.status === 'rejected') throw known.reason;
    return known.value;
  };
}
