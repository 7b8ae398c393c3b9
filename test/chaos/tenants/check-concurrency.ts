import { type Kill } from './kills.js';
import { type SentRequest } from './ledger.js';
import { REPLICAS } from './tenant-system.js';

/** As operations.md says: the leases of a killed replica end so long after. */
const LEASE_MS = 15_000;
/** Time that a replica may take to see that a request has ended, on a busy machine. */
const RELEASE_MS = 1_000;
const REFUSED = 'too_many_concurrent_requests';

export interface ConcurrencyCheck {
  /** Requests that were certainly under way at the same time, at most. */
  readonly mostOpen: number;
  readonly refusedCount: number;
  /** Refusals at a time when so many leases can not have been there. */
  readonly unexplained: readonly string[];
  /** The longest time in which requests were refused and none let in, while no replica was killed. */
  readonly longestLockoutMs: number;
}

interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Compares what became of a key's requests with its limit on requests at a time. */
export function checkConcurrency(
  requests: readonly SentRequest[],
  kills: readonly Kill[],
  limit: number,
): ConcurrencyCheck {
  const refused = requests.filter(isRefused);
  const others = requests.filter((request) => !isRefused(request) && request.end.kind !== 'not received');
  const open = others.flatMap((request) => certainSpan(request, kills));
  const leases = new Steps(others.map((request) => longestLease(request, kills)));
  return {
    mostOpen: new Steps(open).mostWithin({ fromMs: -Infinity, untilMs: Infinity }),
    refusedCount: refused.length,
    unexplained: refused
      .map(({ sentAtMs: fromMs, endedAtMs: untilMs }) => ({
        fromMs,
        most: leases.mostWithin({ fromMs, untilMs }),
      }))
      .filter(({ most }) => most < limit)
      .map(({ fromMs, most }) => `at ${fromMs}, when ${most} leases can have been there`),
    longestLockoutMs: longestLockout(others, refused, kills),
  };
}

function isRefused({ end }: SentRequest): boolean {
  return end.kind === 'answered' && end.code === REFUSED;
}

/** A stream is under way from the first byte of its answer until its reader leaves, or its replica is killed. */
function certainSpan({ replica, openedAtMs, endedAtMs }: SentRequest, kills: readonly Kill[]): Span[] {
  if (openedAtMs === undefined) return [];
  const killed = kills
    .filter(({ member, goneAtMs }) => member === replica && goneAtMs >= openedAtMs)
    .map(({ atMs }) => atMs);
  return [{ fromMs: openedAtMs, untilMs: Math.min(endedAtMs, ...killed) }];
}

/** The lease of a request may be there from when it was sent until so long after it has ended, or its replica was killed. */
function longestLease({ replica, sentAtMs, endedAtMs }: SentRequest, kills: readonly Kill[]): Span {
  const ends = kills
    .filter(({ member, atMs, goneAtMs }) => {
      return member === replica && goneAtMs >= sentAtMs && atMs <= endedAtMs + RELEASE_MS;
    })
    .map(({ goneAtMs }) => goneAtMs + LEASE_MS);
  return { fromMs: sentAtMs, untilMs: Math.max(endedAtMs, ...ends) + RELEASE_MS };
}

/** Kills of another process than a replica are none of its concern: they end no lease. */
function longestLockout(
  letIn: readonly SentRequest[],
  refused: readonly SentRequest[],
  kills: readonly Kill[],
): number {
  const replicas = new Set<string>(REPLICAS);
  const ends = [
    ...letIn.flatMap(({ end, openedAtMs, endedAtMs }) =>
      end.kind === 'answered' ? [openedAtMs ?? endedAtMs] : [],
    ),
    ...kills.flatMap(({ member, goneAtMs }) => (replicas.has(member) ? [goneAtMs] : [])),
  ].sort((one, other) => one - other);
  let longestMs = 0;
  let at = 0;
  for (const { endedAtMs } of refused.toSorted((one, other) => one.endedAtMs - other.endedAtMs)) {
    while ((ends[at] ?? Infinity) <= endedAtMs) at += 1;
    longestMs = Math.max(longestMs, endedAtMs - (ends[at - 1] ?? endedAtMs));
  }
  return longestMs;
}

/** How many spans there are at every moment. */
class Steps {
  private readonly steps: { readonly atMs: number; readonly count: number }[] = [];

  constructor(spans: readonly Span[]) {
    const changes = spans
      .filter(({ fromMs, untilMs }) => untilMs > fromMs)
      .flatMap(({ fromMs, untilMs }) => [
        { atMs: fromMs, by: 1 },
        { atMs: untilMs, by: -1 },
      ])
      // What ends at a moment is no longer there when something else begins at it.
      .sort((one, other) => one.atMs - other.atMs || one.by - other.by);
    let count = 0;
    for (const { atMs, by } of changes) this.steps.push({ atMs, count: (count += by) });
  }

  mostWithin({ fromMs, untilMs }: Span): number {
    const next = this.firstAfter(fromMs);
    let most = this.steps[next - 1]?.count ?? 0;
    for (const { atMs, count } of this.steps.slice(next)) {
      if (atMs > untilMs) break;
      most = Math.max(most, count);
    }
    return most;
  }

  private firstAfter(timeMs: number): number {
    let [low, high] = [0, this.steps.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.steps[middle]?.atMs ?? Infinity) <= timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
