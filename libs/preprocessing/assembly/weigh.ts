import { LOW_BITS, WEIGHT_BITS } from './axis';

const ROUNDING: i32 = 1 << (WEIGHT_BITS - 1);

/**
 * Weighs vectors of 16 bytes that lie `stride` apart: byte by byte the weighted sum, rounded and cut to 8 bits. Does so
 * for `blocks` neighbouring vectors. Reads an even number of vectors each.
 *
 * One multiplication takes two inputs with 16-bit weights; the two halves of a 22-bit weight take two, and their sums
 * together are the sum of 32-bit products to the bit.
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
  for (let block = 0; block < blocks; block++) {
    let high0 = i32x4.splat(0),
      high1 = high0,
      high2 = high0,
      high3 = high0;
    let low0 = i32x4.splat(ROUNDING),
      low1 = low0,
      low2 = low0,
      low3 = low0;
    let at = source;
    for (let pair = weights; pair < end; pair += 8) {
      const near = v128.load(at);
      const far = v128.load(at + stride);
      const both0 = v128.shuffle<i8>(near, far, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      const both1 = v128.shuffle<i8>(near, far, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
      const high = v128.load_splat<i32>(pair);
      const low = v128.load_splat<i32>(pair, 4);
      const wide0 = i16x8.extend_low_i8x16_u(both0);
      high0 = i32x4.add(high0, i32x4.dot_i16x8_s(wide0, high));
      low0 = i32x4.add(low0, i32x4.dot_i16x8_s(wide0, low));
      const wide1 = i16x8.extend_high_i8x16_u(both0);
      high1 = i32x4.add(high1, i32x4.dot_i16x8_s(wide1, high));
      low1 = i32x4.add(low1, i32x4.dot_i16x8_s(wide1, low));
      const wide2 = i16x8.extend_low_i8x16_u(both1);
      high2 = i32x4.add(high2, i32x4.dot_i16x8_s(wide2, high));
      low2 = i32x4.add(low2, i32x4.dot_i16x8_s(wide2, low));
      const wide3 = i16x8.extend_high_i8x16_u(both1);
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

function finish(high: v128, low: v128): v128 {
  return i32x4.shr_s(i32x4.add(i32x4.shl(high, LOW_BITS), low), WEIGHT_BITS);
}
