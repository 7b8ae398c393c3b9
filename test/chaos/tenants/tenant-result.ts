import { type OwnExits } from '../own-exits.js';
import { type EndpointAudit, type Latencies, latenciesWithin } from './audit-endpoints.js';
import { type TenantAudit } from './audit-tenant.js';
import { type ConcurrencyCheck } from './check-concurrency.js';
import { type RateCheck } from './check-rate.js';
import { type SamplesCheck } from './check-samples.js';
import { type TokensCheck } from './check-tokens.js';
import { type Endpoint } from './endpoints.js';
import { type Kill } from './kills.js';
import { type Revocation } from './revocations.js';
import { type Sample } from './sampler.js';
import { type UsedUp } from './token-raises.js';

/** What a drill has seen, and counted afterwards. */
export interface TenantDrillResult {
  readonly kills: readonly Kill[];
  readonly ownExits: readonly OwnExits[];
  readonly tenants: readonly TenantAudit[];
  readonly endpoints: readonly EndpointAudit[];
  readonly latencies: Readonly<Record<'alone' | 'beside' | 'struck', Latencies>>;
  readonly concurrency: ConcurrencyCheck;
  /** From the end of the load until no request counted any more. */
  readonly leasesLeftMs: number;
  readonly rate: RateCheck;
  readonly tokens: TokensCheck;
  readonly usedUp: readonly UsedUp[];
  readonly samples: SamplesCheck;
  readonly queuedRefusedCount: number;
  readonly storedRefusedCount: number;
  /** Room that killed uploads had claimed. */
  readonly claimsLeft: number;
  readonly pried: number;
  readonly told: readonly string[];
  readonly revoked: readonly Revocation[];
  readonly revived: readonly string[];
  readonly seconds: { readonly calm: number; readonly struck: number; readonly settled: number };
}

/** When each part of the drill began, and the last one ended. Unix milliseconds. */
export interface Times {
  readonly calmMs: number;
  readonly besideMs: number;
  readonly struckMs: number;
  readonly endMs: number;
}

/** Of those that a blow may have hit, none belongs to the calm before. */
const APART_MS = 500;

export function latenciesOf(
  endpoints: readonly Endpoint[],
  ends: ReadonlyMap<string, number>,
  times: Times,
): TenantDrillResult['latencies'] {
  const { calmMs, besideMs, struckMs, endMs } = times;
  return {
    alone: latenciesWithin(endpoints, ends, [calmMs, besideMs]),
    beside: latenciesWithin(endpoints, ends, [besideMs, struckMs - APART_MS]),
    struck: latenciesWithin(endpoints, ends, [struckMs - APART_MS, endMs]),
  };
}

/** From the end of the load until no request counted any more. */
export function leasesLeft(samples: readonly Sample[], { endMs }: Times): number {
  const last = samples.findLast(({ leases }) => leases > 0);
  return Math.max(0, (last?.atMs ?? endMs) - endMs);
}

export function secondsOf(
  { calmMs, struckMs, endMs }: Times,
  settledMs: number,
): TenantDrillResult['seconds'] {
  const seconds = (ms: number): number => Math.round(ms / 1000);
  return { calm: seconds(struckMs - calmMs), struck: seconds(endMs - struckMs), settled: seconds(settledMs) };
}
