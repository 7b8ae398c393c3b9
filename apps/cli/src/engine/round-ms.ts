/** Tenths of a millisecond are as exact as these clocks are. */
export function roundMs(ms: number): number {
  return Math.round(ms * 10) / 10;
}
