/** Farther than this, a weight is nothing beside 1: e^-110 is 2^-158. */
const FARTHEST: f64 = 110;
/** Added to a number it leaves that number's whole part, rounded, in the lowest bits. */
const WHOLE: f64 = 6755399441055744.0;
const LOG2_E: f64 = 1.4426950408889634;
/** Of x^9 to x^0. Read from memory, which is faster than what V8 makes of constants of vectors. */
const SERIES = memory.data<f64>([
  1.0203115707778471e-7,
  1.3255224878668817e-6,
  1.5252686876393043e-5,
  1.5403455852453838e-4,
  1.3333558178986627e-3,
  9.618129159402558e-3,
  5.550410866476082e-2,
  2.402265069581299e-1,
  6.931471805599453e-1,
  1,
  -LOG2_E,
  WHOLE,
  FARTHEST,
]);

/**
 * e^-distance for two distances of 0 or more, to 13 digits; 1 for a distance of 0. A power of two with a whole exponent, by
 * writing it where a number has its exponent, times one with the rest, from -1/2 to 1/2: a polynomial whose coefficients
 * meet 2^x in the Chebyshev points of that range.
 */
export function decay(distance: v128): v128 {
  const exponent = f64x2.mul(distance, coefficient(10));
  const moved = f64x2.add(exponent, coefficient(11));
  const rest = f64x2.sub(exponent, f64x2.sub(moved, coefficient(11)));
  const square = f64x2.mul(rest, rest);
  const fourth = f64x2.mul(square, square);
  const high = f64x2.add(pair(rest, 2), f64x2.mul(square, pair(rest, 0)));
  const low = f64x2.add(pair(rest, 6), f64x2.mul(square, pair(rest, 4)));
  const tail = f64x2.add(low, f64x2.mul(fourth, high));
  const series = f64x2.add(pair(rest, 8), f64x2.mul(square, tail));
  const power = i64x2.shl(i64x2.add(moved, i64x2.splat(1023)), 52);
  return v128.andnot(f64x2.mul(series, power), f64x2.gt(distance, coefficient(12)));
}

function pair(x: v128, index: usize): v128 {
  return f64x2.add(coefficient(index + 1), f64x2.mul(x, coefficient(index)));
}

function coefficient(index: usize): v128 {
  return v128.load_splat<f64>(SERIES + (index << 3));
}
