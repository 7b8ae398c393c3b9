const SHORT_FACTOR_RANGE = [1, 3] as const;
const LONG_FACTOR_RANGE = [1.03, 64.81] as const;

/**
 * `rope_scaling` of Phi-3 for long contexts: a factor for every second number of a head, in about the published range.
 * The published numbers themselves are the checkpoint's own.
 */
export function suRope(headSize: number): object {
  const rise = ([first, last]: readonly [number, number]): number[] =>
    Array.from({ length: headSize / 2 }, (_, index) =>
      Number((first * (last / first) ** (index / (headSize / 2 - 1))).toFixed(4)),
    );
  return { long_factor: rise(LONG_FACTOR_RANGE), short_factor: rise(SHORT_FACTOR_RANGE), type: 'su' };
}

/** `rope_scaling` that changes nothing within the context of the model. */
export const dynamicRope = (scaling: number): object => ({ factor: scaling, type: 'dynamic' });
