/** What the client asked for in `Prefer` (RFC 7240), as far as it is honoured. */
export interface Preference {
  /** Seconds to wait for the end of the job; absent: answer at once. */
  waitSeconds?: number;
  /** Value of `Preference-Applied`; absent when no known preference was given. */
  applied?: string;
}

/**
 * Reads `Prefer: wait=30` and `Prefer: respond-async`. As the RFC asks, preferences that are unknown or malformed are
 * ignored, and a wait that is longer than allowed is cut to `maxWaitSeconds`.
 */
export function parsePreferHeader(header: string | string[] | undefined, maxWaitSeconds: number): Preference {
  const preferences = [header ?? []].flat().flatMap((line) => line.split(','));
  const wait = preferences
    .map((text) => /^\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:;|$)/i.exec(text)?.[1])
    .find(isPresent);
  if (wait !== undefined) {
    const waitSeconds = Math.min(Number(wait), maxWaitSeconds);
    return { waitSeconds, applied: `wait=${waitSeconds}` };
  }
  const asynchronous = preferences.some((text) => /^\s*respond-async\s*(?:;|$)/i.test(text));
  return asynchronous ? { applied: 'respond-async' } : {};
}

function isPresent(text: string | undefined): text is string {
  return text !== undefined;
}
