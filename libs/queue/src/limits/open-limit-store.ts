import { type Logger } from '@tessera/observability';
import { type Redis } from 'ioredis';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { type QueueConnection } from '../connection.js';
import {
  admitRequestLua,
  releaseLeaseOfRequestLua,
  renewLeasesLua,
  ownerUsageLua,
} from '../lua/limits.lua.js';
import { connectRedis, keyRootOf, pingRedis } from '../redis-client.js';
import { defineScript } from '../script.js';
import { type AdmissionRequest, type LimitStore, type OwnerUsage } from './limit-store.js';
import { RequestLeases } from './request-leases.js';
import { admitReply, toAdmission } from './to-admission.js';

/** Time after which requests of a killed process no longer count, in milliseconds. */
const LEASE_MS = 15_000;

const usageReply = z.tuple([z.int(), z.int(), z.int(), z.int(), z.int(), z.int()]);

export interface LimitStoreOptions {
  readonly connection: QueueConnection;
  readonly logger: Logger;
  /** Default: {@link LEASE_MS}. */
  readonly leaseMs?: number;
}

/**
 * Opens the limits of owners over a connection of its own. Every method rejects with `service_unavailable` at once while
 * Redis is away: nobody is unlimited meanwhile.
 * @throws {RedisUnavailableError} when Redis cannot be reached now
 */
export async function openLimitStore(options: LimitStoreOptions): Promise<LimitStore> {
  const redis = await connectRedis(options.connection, 'fail-fast', options.logger);
  return toLimitStore(redis, options);
}

function toLimitStore(redis: Redis, options: LimitStoreOptions): LimitStore {
  const root = keyRootOf(options.connection);
  const { leaseMs = LEASE_MS, logger } = options;
  const define = (action: string, lua: string) => defineScript(redis, root, { action, lua });
  const admit = define('check the limits of a request', admitRequestLua);
  const renew = define('renew leases of requests', renewLeasesLua);
  const release = define('release the lease of a request', releaseLeaseOfRequestLua);
  const usage = define('read what an owner uses', ownerUsageLua);
  const leases = new RequestLeases({
    leaseMs,
    logger,
    renew: async (held) => void (await renew(leaseMs, ...held.flatMap(({ ownerId, id }) => [ownerId, id]))),
    release: async ({ ownerId, id }) => void (await release(ownerId, id)),
  });
  return {
    admit: async (request) => {
      if (!isLimited(request)) return { kind: 'admitted', standing: {}, release: () => undefined };
      const lease = { ownerId: request.ownerId, id: uuidv7() };
      const reply = admitReply.parse(await admit(...admitArguments(request, lease.id, leaseMs)));
      const holdsLease = reply[0] === 'admitted' && request.limits.concurrentRequests !== undefined;
      return toAdmission(reply, request.limits, holdsLease ? leases.hold(lease) : () => undefined);
    },
    usageOf: async (ownerId, limits) =>
      toUsage(usageReply.parse(await usage(ownerId, limits.requestsPerSecond ?? ''))),
    ping: () => pingRedis(redis),
    close: async () => {
      await leases.close();
      redis.disconnect();
    },
  };
}

function isLimited({ limits }: AdmissionRequest): boolean {
  const { requestsPerSecond, concurrentRequests, tokensPerDay } = limits;
  return requestsPerSecond !== undefined || concurrentRequests !== undefined || tokensPerDay !== undefined;
}

function admitArguments({ ownerId, limits, makesWork }: AdmissionRequest, leaseId: string, leaseMs: number) {
  const { requestsPerSecond = '', concurrentRequests = '', tokensPerDay = '' } = limits;
  return [
    ownerId,
    requestsPerSecond,
    concurrentRequests,
    tokensPerDay,
    makesWork ? '1' : '',
    leaseId,
    leaseMs,
  ] as const;
}

function toUsage(reply: z.infer<typeof usageReply>): OwnerUsage {
  const [requestsThisSecond, concurrentRequests, tokensToday, msUntilMidnight, queuedJobs, storedBytes] =
    reply;
  return { requestsThisSecond, concurrentRequests, tokensToday, msUntilMidnight, queuedJobs, storedBytes };
}
