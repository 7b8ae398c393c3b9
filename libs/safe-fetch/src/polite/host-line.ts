import pLimit, { type LimitFunction } from 'p-limit';
import { type Clock } from './clock.js';
import { askedPauseMs, type HostFailure } from './host-failure.js';

/** Failures in a row, without a success between, after which a host is paused. */
const FAILURES_BEFORE_PAUSE = 5;
const FIRST_PAUSE_MS = 1_000;

export interface HostManners {
  /** Requests at a time. */
  readonly concurrency: number;
  /** Requests that begin within a second, evenly spread. Undefined: no limit. */
  readonly requestsPerSecond: number | undefined;
  /** Longest pause, whatever the host asks for. */
  readonly maxPauseMs: number;
}

interface Surroundings {
  readonly clock: Clock;
  /** At least 0, below 1. */
  readonly random: () => number;
}

/**
 * What one host is asked at a time, and when. A host that fails again and again is left alone, twice as long each time,
 * and then asked with a single request until one succeeds.
 */
export class HostLine {
  /** Places at the host; taking one is not yet leave to {@link tryStart}. */
  readonly places: LimitFunction;
  private failuresInARow = 0;
  private pausedAtMs = Number.NEGATIVE_INFINITY;
  private pausedUntilMs = Number.NEGATIVE_INFINITY;
  private nextStartMs = Number.NEGATIVE_INFINITY;
  private lastFailure: HostFailure | undefined;

  constructor(
    private readonly manners: HostManners,
    private readonly surroundings: Surroundings,
  ) {
    this.places = pLimit(manners.concurrency);
  }

  get pausedForMs(): number {
    return Math.max(0, this.pausedUntilMs - this.nowMs);
  }

  /** Until the next request may begin, as far as is known now. */
  get startsInMs(): number {
    return Math.max(this.pausedForMs, this.nextStartMs - this.nowMs, 0);
  }

  /** Why the host was paused last. */
  get failure(): HostFailure | undefined {
    return this.lastFailure;
  }

  /** Whether forgetting this line would change how the host is treated. */
  get isWorthKeeping(): boolean {
    return this.failuresInARow > 0 || this.startsInMs > 0;
  }

  /** Whether a request may begin now, and then it must. */
  tryStart(): boolean {
    if (this.startsInMs > 0) return false;
    const { requestsPerSecond } = this.manners;
    if (requestsPerSecond !== undefined) this.nextStartMs = this.nowMs + 1000 / requestsPerSecond;
    return true;
  }

  succeed(): void {
    this.failuresInARow = 0;
    this.places.concurrency = this.manners.concurrency;
  }

  /** A failure of a request that began before the last pause has been answered by that pause. */
  fail(failure: HostFailure, startedAtMs: number): void {
    const isAnswered = startedAtMs <= this.pausedAtMs;
    this.lastFailure = failure;
    const askedMs = askedPauseMs(failure) ?? 0;
    if (askedMs > 0) this.pause(askedMs);
    if (isAnswered) return;
    this.failuresInARow += 1;
    const pauses = this.failuresInARow - FAILURES_BEFORE_PAUSE;
    if (pauses < 0) return;
    this.places.concurrency = 1;
    this.pause(FIRST_PAUSE_MS * 2 ** pauses * (1 + this.surroundings.random()));
  }

  private pause(ms: number): void {
    this.pausedAtMs = this.nowMs;
    this.pausedUntilMs = Math.max(this.pausedUntilMs, this.nowMs + Math.min(ms, this.manners.maxPauseMs));
  }

  private get nowMs(): number {
    return this.surroundings.clock.nowMs();
  }
}
