import { type TenantAudit } from './audit-tenant.js';
import { type Manner } from './endpoint-receiver.js';
import { type Endpoint } from './endpoints.js';

/** What one endpoint was told. Every list should be empty. */
export interface EndpointAudit {
  readonly name: string;
  readonly manner: Manner;
  readonly requestCount: number;
  readonly toldJobCount: number;
  readonly toldAgainCount: number;
  readonly untold: readonly string[];
  /** Told of under two ids, or in two ways, or as what they are not. */
  readonly contradictory: readonly string[];
  readonly ofOthers: readonly string[];
  readonly overlaps: readonly string[];
  readonly unsignedCount: number;
}

/** Compares what an endpoint was told with how its tenant's jobs have ended. */
export function auditEndpoint(
  { tenant, receiver, registeredAtMs }: Endpoint,
  { jobs }: TenantAudit,
  ends: ReadonlyMap<string, number>,
): EndpointAudit {
  const isDue = (id: string): boolean => (ends.get(id) ?? 0) >= registeredAtMs;
  const due = receiver.manner === 'dead' ? [] : [...jobs.keys()].filter(isDue);
  const arrivals = [...receiver.byJob];
  return {
    name: `${tenant.name}, ${receiver.manner}`,
    manner: receiver.manner,
    requestCount: receiver.requestCount,
    toldJobCount: arrivals.filter(([, { takenCount }]) => takenCount > 0).length,
    toldAgainCount: arrivals.filter(([, { takenCount }]) => takenCount > 1).length,
    untold: due.filter((id) => !receiver.hasTaken(id)),
    contradictory: arrivals
      .filter(([id, { eventIds, bodies, statuses }]) => {
        const job = jobs.get(id);
        const isOne = eventIds.size === 1 && bodies.size === 1 && statuses.size === 1;
        return job !== undefined && !(isOne && statuses.has(job.status));
      })
      .map(([id, { eventIds, statuses }]) => `${id}: ${[...eventIds, ...statuses].join(' ')}`),
    ofOthers: arrivals.map(([id]) => id).filter((id) => !jobs.has(id)),
    overlaps: receiver.overlaps,
    unsignedCount: receiver.unsignedCount,
  };
}

/** How long after its job's end an event was taken by a good endpoint, in milliseconds. */
export interface Latencies {
  readonly count: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly longestMs: number;
}

/** Of the jobs that ended in a span of time. */
export function latenciesWithin(
  endpoints: readonly Endpoint[],
  ends: ReadonlyMap<string, number>,
  [fromMs, untilMs]: readonly [number, number],
): Latencies {
  const latencies = endpoints
    .filter(({ receiver }) => receiver.manner === 'good')
    .flatMap(({ receiver }) =>
      [...receiver.byJob].flatMap(([id, { takenAtMs }]) => {
        const endedAtMs = ends.get(id) ?? 0;
        const isWithin = endedAtMs >= fromMs && endedAtMs < untilMs;
        return isWithin && takenAtMs !== undefined ? [Math.max(0, takenAtMs - endedAtMs)] : [];
      }),
    )
    .sort((one, other) => one - other);
  const at = (share: number): number => latencies[Math.floor(share * (latencies.length - 1))] ?? 0;
  return { count: latencies.length, medianMs: at(0.5), p99Ms: at(0.99), longestMs: at(1) };
}
