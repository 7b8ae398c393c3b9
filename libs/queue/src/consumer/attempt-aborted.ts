/**
 * Why an attempt was told to stop: its job was `cancelled` or `expired`, it ran out of time, its lock or its place as the
 * job's current attempt is `lost`, or the consumer is `draining`.
 */
export type AbortReason = 'cancelled' | 'expired' | 'timed_out' | 'lost' | 'draining';

/** The `reason` of an attempt's signal, and what its writes reject with after it has ended. */
export class AttemptAbortedError extends Error {
  constructor(
    /** Undefined where it was not known yet at which job the attempt would be. */
    readonly jobId: string | undefined,
    readonly abortReason: AbortReason,
  ) {
    super(`the attempt at ${jobId ?? 'a job'} was aborted: ${abortReason}`);
    this.name = 'AttemptAbortedError';
  }
}
