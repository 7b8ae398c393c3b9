import { type TenantDrillResult } from './tenant-result.js';

/** As operations.md says: a change of a key holds on every replica by then. */
const REVOKED_MS = 2_000;
/** As operations.md says, and a while to see it: leases of a killed replica end after it. */
const LEASES_LEFT_MS = 15_000 + 2_000;
/** As long: those are what may keep all others out. */
const LONGEST_LOCKOUT_MS = LEASES_LEFT_MS;
/** A receiver that never answers holds an attempt for twenty seconds: a quarter of that is more than a busy machine explains. */
const DELAY_MS = 5_000;

/** Everything that a drill must not find, in words; empty when all is well. */
export function tenantFindingsOf(result: TenantDrillResult): string[] {
  const { tenants, concurrency, rate, tokens, samples, told, revived, ownExits } = result;
  const lists: Record<string, readonly string[]> = {
    lost: tenants.flatMap(({ lost }) => lost),
    failed: tenants.flatMap(({ failed }) => failed),
    miscounted: tenants.flatMap(({ tenant, miscounted }) =>
      miscounted.map((text) => `${tenant.name}: ${text}`),
    ),
    'wrong count while blows fell': samples.wrong,
    'refused by the limit on requests at a time without need': concurrency.unexplained,
    'more requests than may be': rate.exceeded,
    'a job was accepted without tokens': tokens.acceptedWithout,
    'a job was refused with tokens': tokens.refusedWith,
    'another’s was told of': told,
    'a revoked key came back to life': revived,
    'ended by itself': ownExits.map(
      ({ name, ends, lastWords }) => `${name} with ${[...ends, ...lastWords].join(', ')}`,
    ),
  };
  return [
    ...Object.entries(lists).flatMap(([what, entries]) => entries.map((entry) => `${what}: ${entry}`)),
    ...findInEndpoints(result),
    ...findInRevocations(result),
    ...findInTimes(result),
  ];
}

function findInEndpoints({ endpoints }: TenantDrillResult): string[] {
  return endpoints.flatMap(({ name, untold, contradictory, ofOthers, overlaps, unsignedCount }) =>
    [
      ...untold.map((id) => `was not told of ${id}`),
      ...contradictory.map((text) => `was told in two ways of ${text}`),
      ...ofOthers.map((id) => `was told of ${id}, which is another’s`),
      ...overlaps.map((id) => `got two attempts at ${id} at the same time`),
      ...(unsignedCount > 0 ? [`got ${unsignedCount} requests without a valid signature`] : []),
    ].map((text) => `the endpoint of ${name} ${text}`),
  );
}

function findInRevocations({ revoked }: TenantDrillResult): string[] {
  return revoked.flatMap(({ keyId, lastLetInMs = 0, refusedBy }) => [
    ...(lastLetInMs > REVOKED_MS ? [`the revoked key ${keyId} was let in ${lastLetInMs} ms later`] : []),
    ...(refusedBy.length === 0 ? [`the revoked key ${keyId} was refused by no replica`] : []),
  ]);
}

function findInTimes({ concurrency, leasesLeftMs, latencies }: TenantDrillResult): string[] {
  const { longestLockoutMs } = concurrency;
  const { alone, beside } = latencies;
  return [
    ...(longestLockoutMs > LONGEST_LOCKOUT_MS
      ? [`for ${longestLockoutMs} ms the limit on requests at a time let none in`]
      : []),
    ...(leasesLeftMs > LEASES_LEFT_MS ? [`requests counted for ${leasesLeftMs} ms after the load`] : []),
    ...(beside.p99Ms > alone.p99Ms + DELAY_MS
      ? [`a bad receiver delayed others: ${beside.p99Ms} ms at p99 beside it, ${alone.p99Ms} ms without`]
      : []),
  ];
}
