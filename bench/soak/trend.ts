import { median } from '../measure.js';

/** A value at a time. */
export interface Point {
  readonly seconds: number;
  readonly value: number;
}

export interface Trend {
  readonly perHour: number;
  /** Two standard errors of `perHour`. */
  readonly noisePerHour: number;
  /** Undefined where there are too few points to tell. */
  readonly isFlat: boolean | undefined;
}

const SECONDS_PER_HOUR = 3600;
/** The first part is left out: caches, pools and heaps still reach their size. */
const COUNTED_SHARE = 2 / 3;
/** Neighbouring samples depend on each other, medians of so many pieces hardly do. */
const PIECES = 20;
/** With fewer points in a piece, neighbours still depend on each other and the noise comes out too small. */
const LEAST_POINTS_OF_PIECE = 6;

/**
 * The slope of a series by least squares, over the last two thirds of its time. It is flat when the growth is not more than
 * what is tolerated, or not more than that beyond the noise.
 */
export function trendOf(series: readonly Point[], toleratedPerHour: number): Trend {
  const [first, last] = [series[0], series.at(-1)];
  if (first === undefined || last === undefined) throw new RangeError('a trend needs points');
  const from = last.seconds - COUNTED_SHARE * (last.seconds - first.seconds);
  const counted = series.filter(({ seconds }) => seconds >= from);
  const pieces = splitInto(PIECES, counted);
  const points = pieces.map((piece) => ({
    seconds: median(piece.map(({ seconds }) => seconds)),
    value: median(piece.map(({ value }) => value)),
  }));
  const { slope, standardError } = fitLine(points);
  const perHour = slope * SECONDS_PER_HOUR;
  const noisePerHour = 2 * standardError * SECONDS_PER_HOUR;
  const canTell = counted.length >= PIECES * LEAST_POINTS_OF_PIECE;
  return {
    perHour,
    noisePerHour,
    isFlat: canTell ? perHour - noisePerHour <= toleratedPerHour : undefined,
  };
}

/** At most `count` pieces of neighbours, as even as can be. */
export function splitInto<T>(count: number, values: readonly T[]): T[][] {
  const pieces = Math.min(count, values.length);
  const border = (piece: number): number => Math.round((piece * values.length) / pieces);
  return Array.from({ length: pieces }, (_, piece) => values.slice(border(piece), border(piece + 1)));
}

function fitLine(points: readonly Point[]): { slope: number; standardError: number } {
  const meanOf = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanSeconds = meanOf(points.map(({ seconds }) => seconds));
  const meanValue = meanOf(points.map(({ value }) => value));
  let squares = 0;
  let products = 0;
  for (const { seconds, value } of points) {
    squares += (seconds - meanSeconds) ** 2;
    products += (seconds - meanSeconds) * (value - meanValue);
  }
  const slope = products / squares;
  const residuals = points.map(
    ({ seconds, value }) => (value - meanValue - slope * (seconds - meanSeconds)) ** 2,
  );
  const variance = residuals.reduce((sum, residual) => sum + residual, 0) / (points.length - 2);
  return { slope, standardError: Math.sqrt(variance / squares) };
}
