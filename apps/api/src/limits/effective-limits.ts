import { type Config } from '@tessera/config';
import { ADMIN_OWNER_ID, type Caller, type KeyLimits } from '@tessera/contracts';

/**
 * The limits of a key, and those of the installation where it has none of its own. An owner whose waiting jobs nobody has
 * limited has half of the queue, so that others find room: all but the administrator.
 */
export function effectiveLimits(
  { ownerId, limits }: Pick<Caller, 'ownerId' | 'limits'>,
  { limits: defaults, jobs }: Pick<Config, 'limits'> & { jobs: Pick<Config['jobs'], 'maxWaiting'> },
): KeyLimits {
  const share = ownerId === ADMIN_OWNER_ID ? {} : { queuedJobs: Math.ceil(jobs.maxWaiting / 2) };
  return { ...share, ...defaults, ...limits };
}

/** The caller with its effective limits. */
export function withEffectiveLimits(caller: Caller, config: Config): Caller {
  return { ...caller, limits: effectiveLimits(caller, config) };
}
