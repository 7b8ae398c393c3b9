import { type Config } from '@tessera/config';
import { type Admission, type LimitStore } from '@tessera/queue';
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import {
  type LimitExceededError,
  RateLimitExceededError,
  TokenQuotaExceededError,
  TooManyConcurrentRequestsError,
} from '../errors/limit.errors.js';
import { withEffectiveLimits } from './effective-limits.js';
import { rateLimitHeaders } from './rate-limit-headers.js';

/** Route configuration (`@RouteConfig`) of what makes work that takes tokens. */
export const MAKES_WORK = { makesWork: true } as const;

/**
 * Holds every request to the limits of its owner, which its caller has from then on. Comes after it is known who sends it.
 */
export function limitRequests(fastify: FastifyInstance, config: Config, limitStore: LimitStore): void {
  fastify.addHook('onRequest', async (httpRequest, reply) => {
    const { caller, routeOptions } = httpRequest;
    // Probes and documentation are everybody's.
    if (caller === null) return;
    const { ownerId, limits } = (httpRequest.caller = withEffectiveLimits(caller, config));
    const admission = await limitStore.admit({
      ownerId,
      limits,
      makesWork: 'makesWork' in routeOptions.config,
    });
    reply.headers(rateLimitHeaders(admission.standing));
    if (admission.kind !== 'admitted') throw toError(admission);
    releaseAtEnd(httpRequest, reply, admission.release);
  });
}

/** The client may have gone while Redis was asked: then no event will tell. */
function releaseAtEnd({ raw }: FastifyRequest, reply: FastifyReply, release: () => void): void {
  if (raw.socket.destroyed || reply.raw.closed) release();
  else reply.raw.once('close', release);
}

function toError(refusal: Exclude<Admission, { kind: 'admitted' }>): LimitExceededError {
  switch (refusal.kind) {
    case 'too_many_requests':
      return new RateLimitExceededError(refusal.rate.limit, refusal.rate.waitMs);
    case 'too_many_at_a_time':
      return new TooManyConcurrentRequestsError(refusal.concurrency.limit, refusal.concurrency.underWay);
    case 'tokens_used_up':
      return new TokenQuotaExceededError(refusal.tokens.limit, refusal.tokens.used, refusal.tokens.resetMs);
  }
}
