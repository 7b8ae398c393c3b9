import { type Weight } from './weight.js';

/** y = x Wᵀ + b. */
export interface Linear {
  /** [outputs, inputs] */
  readonly weight: Weight;
  /** [outputs] */
  readonly bias?: Weight;
}
