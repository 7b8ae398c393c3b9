/** How long one keeps at a host that fails. */
export interface Patience {
  /** Times that a URL is asked for while its host fails in a way that may pass: at least 1. */
  readonly attempts: number;
  /** Longest pause of a host, whatever it asks for. */
  readonly maxPauseMs: number;
  /** A fetch that would have waited this long when a pause of its host ends is given up at once. */
  readonly maxWaitMs: number;
}

/** For lists of URLs that one person works through: a dead host is soon asked every two minutes only, and its rows fail. */
export const BULK_PATIENCE: Patience = { attempts: 3, maxPauseMs: 120_000, maxWaitMs: 60_000 };

/**
 * For requests of many people to a service whose queue makes the attempts: pauses are so short that whoever comes waits
 * for the end of one, and a host that works again has its pictures fetched within seconds.
 */
export const SERVICE_PATIENCE: Patience = { attempts: 1, maxPauseMs: 10_000, maxWaitMs: 20_000 };
