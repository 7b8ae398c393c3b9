import { isExhausted, take } from './memory';

/** Bits behind the point of a weight. */
export const WEIGHT_BITS: i32 = 22;
/** A weight is `high * 2^LOW_BITS + low`, so that both fit 16 bits with a sign. */
export const LOW_BITS: i32 = 11;

/** Of the kernel, in pixels, where nothing is shrunk. */
const SUPPORT: f64 = 2.0;
const PAIR_BYTES: i32 = 8;

/**
 * What every output of one side's resize is made of. The weights of an output are in pairs, as the kernel multiplies
 * them: the high parts of both, then their low parts. An odd number is filled up with a weight of 0.
 */
@unmanaged
export class Axis {
  /** First input of every output, i32. */
  firsts: usize;
  /** Number of inputs of every output, i32. */
  counts: usize;
  weights: usize;
  /** Bytes from one output's weights to those of the next. */
  weightStride: usize;
  /** Inputs of one output, at most. */
  longest: i32;

  first(output: i32): i32 {
    return load<i32>(this.firsts + ((<usize>output) << 2));
  }

  count(output: i32): i32 {
    return load<i32>(this.counts + ((<usize>output) << 2));
  }

  /** One past the last input. */
  end(output: i32): i32 {
    return this.first(output) + this.count(output);
  }

  weightsOf(output: i32): usize {
    return this.weights + <usize>output * this.weightStride;
  }
}

/** The resize of a side from `input` to `output` pixels; worthless when memory is exhausted. */
export function makeAxis(input: i32, output: i32): Axis {
  const scale = <f64>input / <f64>output;
  const stretch = max(scale, 1.0);
  const longest = min(input, <i32>Math.ceil(SUPPORT * stretch) * 2 + 1);
  const weightStride = ((longest + 1) >> 1) * PAIR_BYTES;
  const axis = changetype<Axis>(take(offsetof<Axis>()));
  const exact = take(<u64>longest * sizeof<f64>());
  const firsts = take(<u64>output * sizeof<i32>());
  const counts = take(<u64>output * sizeof<i32>());
  const weights = take(<u64>output * weightStride);
  if (isExhausted()) return axis;
  axis.longest = longest;
  axis.firsts = firsts;
  axis.counts = counts;
  axis.weights = weights;
  axis.weightStride = weightStride;
  for (let index = 0; index < output; index++) {
    const centre = (<f64>index + 0.5) * scale;
    const first = max<i32>(0, <i32>(centre - SUPPORT * stretch + 0.5));
    const count = min<i32>(input, <i32>(centre + SUPPORT * stretch + 0.5)) - first;
    store<i32>(firsts + ((<usize>index) << 2), first);
    store<i32>(counts + ((<usize>index) << 2), count);
    const start = <f64>first - centre + 0.5;
    let total: f64 = 0;
    for (let tap = 0; tap < count; tap++) {
      const weight = cubic((<f64>tap + start) * (1.0 / stretch));
      store<f64>(exact + ((<usize>tap) << 3), weight);
      total += weight;
    }
    storeWeights(exact, count, 1.0 / total, axis.weightsOf(index));
  }
  return axis;
}

function storeWeights(exact: usize, count: i32, factor: f64, into: usize): void {
  for (let tap = 0; tap < count; tap += 2) {
    const near = toFixedPoint(load<f64>(exact + ((<usize>tap) << 3)) * factor);
    const far = tap + 1 < count ? toFixedPoint(load<f64>(exact + ((<usize>tap) << 3), 8) * factor) : 0;
    store<i16>(into, <i16>(near >> LOW_BITS));
    store<i16>(into, <i16>(far >> LOW_BITS), 2);
    store<i16>(into, <i16>(near & ((1 << LOW_BITS) - 1)), 4);
    store<i16>(into, <i16>(far & ((1 << LOW_BITS) - 1)), 6);
    into += PAIR_BYTES;
  }
}

function toFixedPoint(weight: f64): i32 {
  const scaled = weight * <f64>(1 << WEIGHT_BITS);
  return <i32>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

/** Keys' cubic with a = -0.5. */
function cubic(distance: f64): f64 {
  const x = Math.abs(distance);
  if (x < 1.0) return (1.5 * x - 2.5) * x * x + 1.0;
  return x < 2.0 ? (((x - 5.0) * x + 8.0) * x - 4.0) * -0.5 : 0.0;
}
