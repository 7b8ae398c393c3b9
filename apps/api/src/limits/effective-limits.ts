import { type Caller, type KeyLimits } from '@tessera/contracts';

/** The caller with the limits of the installation where its key has none of its own. */
export function withEffectiveLimits(caller: Caller, defaults: KeyLimits): Caller {
  return { ...caller, limits: { ...defaults, ...caller.limits } };
}
