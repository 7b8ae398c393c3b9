/** Farther than this, a weight is nothing beside 1: e^-110 is 2^-158. */
const FARTHEST = 110;
const STEPS_PER_OCTAVE = 64;
const STEPS_PER_UNIT = STEPS_PER_OCTAVE * Math.LOG2E;
/** One step, as a sum of which the first part has so few bits that its multiples are exact. */
const STEP_HIGH = 6.93147180369123816e-1 / STEPS_PER_OCTAVE;
const STEP_LOW = 1.9082149292705877e-10 / STEPS_PER_OCTAVE;
const POWERS = Float64Array.from(
  { length: Math.ceil(FARTHEST * STEPS_PER_UNIT) + 1 },
  (_, step) => 2 ** (-step / STEPS_PER_OCTAVE),
);

/**
 * e^-distance for a distance of 0 or more, to 13 digits, in half the time of `Math.exp`: what weighing a whole vocabulary
 * is spent on. A power from a table times the first terms of the series for the rest.
 */
export function decay(distance: number): number {
  if (!(distance <= FARTHEST)) return distance > FARTHEST ? 0 : NaN;
  const step = (distance * STEPS_PER_UNIT + 0.5) | 0;
  const rest = step * STEP_HIGH - distance + step * STEP_LOW;
  return (POWERS[step] as number) * (1 + rest * (1 + rest * (1 / 2 + rest * (1 / 6 + rest / 24))));
}
