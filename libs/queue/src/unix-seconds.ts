/** Unix seconds, as public objects carry times. */
export function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1_000);
}

export function optionalSeconds(milliseconds: number | undefined): number | null {
  return milliseconds === undefined ? null : toSeconds(milliseconds);
}
