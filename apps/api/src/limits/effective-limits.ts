import { type Config } from '@tessera/config';
import { type Caller, type KeyLimits } from '@tessera/contracts';
import { type FastifyRequest } from 'fastify';
import { callerOf } from '../access/caller.js';

/** What the sender of a request is held to: the limits of its key, and those of the installation where it has none. */
export function limitsOf(httpRequest: FastifyRequest, { limits }: Pick<Config, 'limits'>): KeyLimits {
  return effectiveLimits(callerOf(httpRequest), limits);
}

export function effectiveLimits({ limits }: Pick<Caller, 'limits'>, defaults: KeyLimits): KeyLimits {
  return { ...defaults, ...limits };
}
