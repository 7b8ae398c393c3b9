import { LOW_BITS, WEIGHT_BITS } from './axis';

const ROUNDING: i32 = 1 << (WEIGHT_BITS - 1);

/**
 * Weighs vectors of 16 bytes that lie `stride` apart: byte by byte the weighted sum, rounded and cut to 8 bits. Does so
 * for `blocks` neighbouring vectors. Reads an even number of vectors each.
 *
 * One multiplication takes two inputs with 16-bit weights; the two halves of a 22-bit weight take two, and their sums
 * together are the sum of 32-bit products to the bit. The first pair is apart from the loop, as most have two or three.
 */
export function weigh(
  source: usize,
  stride: usize,
  weights: usize,
  count: i32,
  into: usize,
  blocks: i32,
): void {
  const end = weights + ((<usize>count + 1) >> 1) * 8;
  const step = stride << 1;
  const rounding = i32x4.splat(ROUNDING);
  const firstHigh = v128.load_splat<i32>(weights);
  const firstLow = v128.load_splat<i32>(weights, 4);
  for (let block = 0; block < blocks; block++) {
    const lower = interleaveLower(v128.load(source), v128.load(source + stride));
    const upper = interleaveUpper(v128.load(source), v128.load(source + stride));
    const wide0 = i16x8.extend_low_i8x16_u(lower);
    const wide1 = i16x8.extend_high_i8x16_u(lower);
    const wide2 = i16x8.extend_low_i8x16_u(upper);
    const wide3 = i16x8.extend_high_i8x16_u(upper);
    let high0 = i32x4.dot_i16x8_s(wide0, firstHigh);
    let high1 = i32x4.dot_i16x8_s(wide1, firstHigh);
    let high2 = i32x4.dot_i16x8_s(wide2, firstHigh);
    let high3 = i32x4.dot_i16x8_s(wide3, firstHigh);
    let low0 = i32x4.add(rounding, i32x4.dot_i16x8_s(wide0, firstLow));
    let low1 = i32x4.add(rounding, i32x4.dot_i16x8_s(wide1, firstLow));
    let low2 = i32x4.add(rounding, i32x4.dot_i16x8_s(wide2, firstLow));
    let low3 = i32x4.add(rounding, i32x4.dot_i16x8_s(wide3, firstLow));
    let at = source + step;
    for (let pair = weights + 8; pair < end; pair += 8) {
      const lower = interleaveLower(v128.load(at), v128.load(at + stride));
      const upper = interleaveUpper(v128.load(at), v128.load(at + stride));
      const high = v128.load_splat<i32>(pair);
      const low = v128.load_splat<i32>(pair, 4);
      const wide0 = i16x8.extend_low_i8x16_u(lower);
      high0 = i32x4.add(high0, i32x4.dot_i16x8_s(wide0, high));
      low0 = i32x4.add(low0, i32x4.dot_i16x8_s(wide0, low));
      const wide1 = i16x8.extend_high_i8x16_u(lower);
      high1 = i32x4.add(high1, i32x4.dot_i16x8_s(wide1, high));
      low1 = i32x4.add(low1, i32x4.dot_i16x8_s(wide1, low));
      const wide2 = i16x8.extend_low_i8x16_u(upper);
      high2 = i32x4.add(high2, i32x4.dot_i16x8_s(wide2, high));
      low2 = i32x4.add(low2, i32x4.dot_i16x8_s(wide2, low));
      const wide3 = i16x8.extend_high_i8x16_u(upper);
      high3 = i32x4.add(high3, i32x4.dot_i16x8_s(wide3, high));
      low3 = i32x4.add(low3, i32x4.dot_i16x8_s(wide3, low));
      at += step;
    }
    const first = i16x8.narrow_i32x4_s(finish(high0, low0), finish(high1, low1));
    const second = i16x8.narrow_i32x4_s(finish(high2, low2), finish(high3, low3));
    v128.store(into, i8x16.narrow_i16x8_u(first, second));
    source += 16;
    into += 16;
  }
}

export function interleaveLower(a: v128, b: v128): v128 {
  return v128.shuffle<i8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

export function interleaveUpper(a: v128, b: v128): v128 {
  return v128.shuffle<i8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

function finish(high: v128, low: v128): v128 {
  return i32x4.shr_s(i32x4.add(i32x4.shl(high, LOW_BITS), low), WEIGHT_BITS);
}
