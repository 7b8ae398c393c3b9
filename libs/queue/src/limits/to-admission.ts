import { type KeyLimits } from '@tessera/contracts';
import { z } from 'zod';
import { type Admission, type RequestStanding } from './limit-store.js';

const count = z.int();

/** What the script that admits a request answers. */
export const admitReply = z.tuple([
  z.enum(['admitted', 'requests', 'concurrency', 'tokens']),
  count,
  count,
  count,
  count,
  count,
  count,
]);
type AdmitReply = z.infer<typeof admitReply>;

/** @param release ends the lease of a request that was admitted */
export function toAdmission(reply: AdmitReply, limits: KeyLimits, release: () => void): Admission {
  const standing = standingOf(reply, limits);
  const { rate, concurrency, tokens } = standing;
  // Nothing is refused by a limit that was not asked for.
  if (reply[0] === 'requests' && rate !== undefined) return { kind: 'too_many_requests', standing, rate };
  if (reply[0] === 'concurrency' && concurrency !== undefined) {
    return { kind: 'too_many_at_a_time', standing, concurrency };
  }
  if (reply[0] === 'tokens' && tokens !== undefined) return { kind: 'tokens_used_up', standing, tokens };
  return { kind: 'admitted', standing, release };
}

function standingOf(reply: AdmitReply, limits: KeyLimits): RequestStanding {
  const [, remaining, waitMs, resetMs, underWay, used, msUntilMidnight] = reply;
  const { requestsPerSecond, concurrentRequests, tokensPerDay } = limits;
  return {
    ...(requestsPerSecond === undefined
      ? {}
      : { rate: { limit: requestsPerSecond, remaining, waitMs, resetMs } }),
    ...(concurrentRequests === undefined ? {} : { concurrency: { limit: concurrentRequests, underWay } }),
    ...(tokensPerDay === undefined
      ? {}
      : { tokens: { limit: tokensPerDay, used, resetMs: msUntilMidnight } }),
  };
}
