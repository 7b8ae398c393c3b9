import { type Sample } from './sampler.js';
import { type TenantLimits, type TenantName } from './tenants.js';

export interface SamplesCheck {
  readonly lookCount: number;
  readonly mostLeases: number;
  /** Jobs that have not begun. */
  readonly mostQueued: number;
  /** Jobs that came back into the queue as their worker had died. */
  readonly mostReturned: number;
  readonly mostStoredBytes: number;
  /** Moments at which a limit was passed, or a count was not what exists. */
  readonly wrong: readonly string[];
}

/** Compares every look at every tenant with its limits, and what is counted with what exists. */
export function checkSamples(
  samples: Readonly<Record<TenantName, readonly Sample[]>>,
  limits: TenantLimits,
): SamplesCheck {
  const most = (name: TenantName, of: (sample: Sample) => number): number =>
    samples[name].reduce((largest, sample) => Math.max(largest, of(sample)), 0);
  const names = Object.keys(samples) as TenantName[];
  return {
    lookCount: names.reduce((count, name) => count + samples[name].length, 0),
    mostLeases: most('streams', ({ leases }) => leases),
    mostQueued: most('queue', ({ queued, returned }) => queued - returned),
    mostReturned: most('queue', ({ returned }) => returned),
    mostStoredBytes: most('storage', ({ storedBytes }) => storedBytes),
    wrong: names.flatMap((name) =>
      samples[name].flatMap((sample) =>
        describeWrong(name, sample, limits).map((text) => `${name}: ${text}`),
      ),
    ),
  };
}

function describeWrong(name: TenantName, sample: Sample, limits: TenantLimits): string[] {
  const { leases, queued, returned, countedQueued, storedBytes, storedEntriesBytes, strays } = sample;
  const wrong: string[] = [];
  const passes = (what: string, count: number, limit: number): void => {
    if (count > limit) wrong.push(`${count} ${what}, where ${limit} may be`);
  };
  if (name === 'streams') passes('requests at a time', leases, limits.concurrentRequests);
  if (name === 'queue') passes('queued jobs', queued - returned, limits.queuedJobs);
  if (name === 'storage') passes('stored bytes', storedBytes, limits.storedBytes);
  if (countedQueued !== queued) wrong.push(`${countedQueued} queued jobs counted, ${queued} are`);
  if (storedBytes !== storedEntriesBytes)
    wrong.push(`${storedBytes} bytes counted, ${storedEntriesBytes} are`);
  if (strays > 0) wrong.push(`${strays} counted things that do not exist`);
  return wrong;
}
