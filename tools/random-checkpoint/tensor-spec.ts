/** A tensor of a checkpoint; its values are normally distributed. */
export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly mean: number;
  readonly deviation: number;
  /** Whether its rows give the logits of tokens. */
  readonly isHead?: true;
}

/** What published checkpoints start from before training. */
const INITIAL_DEVIATION = 0.02;
const NORM_DEVIATION = 0.05;

/** A matrix or convolution whose outputs have about the scale of its inputs. */
export function matrix(name: string, outputs: number, ...inputs: number[]): TensorSpec {
  const fanIn = inputs.reduce((product, size) => product * size, 1);
  return { name, shape: [outputs, ...inputs], mean: 0, deviation: 1 / Math.sqrt(fanIn) };
}

/** An embedding or a bias. */
export function offset(name: string, ...shape: number[]): TensorSpec {
  return { name, shape, mean: 0, deviation: INITIAL_DEVIATION };
}

/** A factor on every channel, of a norm or a layer scale. */
export function factor(name: string, size: number, mean = 1): TensorSpec {
  return { name, shape: [size], mean, deviation: NORM_DEVIATION * mean };
}

export const elementCount = ({ shape }: Pick<TensorSpec, 'shape'>): number =>
  shape.reduce((product, size) => product * size, 1);

export const countParameters = (tensors: readonly TensorSpec[]): number =>
  tensors.reduce((sum, tensor) => sum + elementCount(tensor), 0);
