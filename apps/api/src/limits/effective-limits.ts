import { type Caller, type KeyLimits } from '@tessera/contracts';

/** The limits of a key, and those of the installation where it has none of its own. */
export function effectiveLimits(limits: KeyLimits, defaults: KeyLimits): KeyLimits {
  return { ...defaults, ...limits };
}

/** The caller with its effective limits. */
export function withEffectiveLimits(caller: Caller, defaults: KeyLimits): Caller {
  return { ...caller, limits: effectiveLimits(caller.limits, defaults) };
}
