import { TesseraError } from '@tessera/contracts';
import { LRUCache } from 'lru-cache';
import pLimit, { type LimitFunction } from 'p-limit';
import { HostPausedError } from '../errors.js';
import { type Clock } from './clock.js';
import { isHostFailure } from './host-failure.js';
import { HostLine, type HostManners } from './host-line.js';
import { untilAborted } from './until-aborted.js';

/** Hosts that nobody wants anything of, and that have failed or ask for a pause. */
const MAX_REMEMBERED_HOSTS = 10_000;

export interface HostLinesOptions {
  /** Requests to all hosts together at a time. */
  readonly concurrency: number;
  readonly perHost: HostManners;
  /** A visit that would have waited this long when a pause of its host ends is given up. */
  readonly maxWaitMs: number;
  readonly clock: Clock;
  readonly random: () => number;
}

export interface Visit<Result> {
  readonly host: string;
  /** With a place at the host, and none among all requests yet. */
  prepare(): Promise<void>;
  request(): Promise<Result>;
  readonly signal: AbortSignal | undefined;
}

/**
 * A line for each host, and a limit for all together. Only who may begin at once waits for the limit of all, so a host
 * takes as many of its places as it has requests at a time, however long its line is.
 */
export class HostLines {
  private readonly all: LimitFunction;
  private readonly busy = new Map<string, { readonly line: HostLine; visitCount: number }>();
  private readonly remembered = new LRUCache<string, HostLine>({ max: MAX_REMEMBERED_HOSTS });

  constructor(private readonly options: HostLinesOptions) {
    this.all = pLimit(options.concurrency);
  }

  /**
   * Makes the visit when its turn comes.
   * @throws {HostPausedError} when the host is paused for longer than a visit waits
   */
  run<Result>(visit: Visit<Result>): Promise<Result> {
    const line = this.join(visit.host);
    const visited = this.visitInTurn(line, visit).finally(() => this.leave(visit.host));
    return untilAborted(visit.signal, visited);
  }

  private async visitInTurn<Result>(line: HostLine, visit: Visit<Result>): Promise<Result> {
    const arrivedAtMs = this.options.clock.nowMs();
    for (;;) {
      await this.waitForStart(line, visit, arrivedAtMs);
      const visited = await line.places(() => this.tryVisit(line, visit));
      if (visited !== undefined) return visited.result;
    }
  }

  private async waitForStart(
    line: HostLine,
    { host, signal }: Visit<unknown>,
    arrivedAtMs: number,
  ): Promise<void> {
    const { clock, maxWaitMs } = this.options;
    const { startsInMs, pausedForMs } = line;
    if (startsInMs === 0) return;
    const waitedMs = clock.nowMs() - arrivedAtMs;
    if (pausedForMs > 0 && waitedMs + pausedForMs > maxWaitMs) {
      throw new HostPausedError(host, pausedForMs, { cause: line.failure });
    }
    await clock.wait(startsInMs, signal);
  }

  /** Undefined when it is not time yet: meanwhile the host has been paused, or another has begun. */
  private async tryVisit<Result>(
    line: HostLine,
    visit: Visit<Result>,
  ): Promise<{ readonly result: Result } | undefined> {
    visit.signal?.throwIfAborted();
    if (line.startsInMs > 0) return undefined;
    const startedAtMs = this.options.clock.nowMs();
    try {
      await visit.prepare();
      const visited = await this.all(async () => {
        visit.signal?.throwIfAborted();
        return line.tryStart() ? { result: await visit.request() } : undefined;
      });
      if (visited !== undefined) line.succeed();
      return visited;
    } catch (error) {
      // An abort says nothing about the host, whatever its reason is.
      if (visit.signal?.aborted !== true) this.judge(line, error, startedAtMs);
      throw error;
    }
  }

  /** Whatever is no failure of the host is an answer of it. */
  private judge(line: HostLine, error: unknown, startedAtMs: number): void {
    if (isHostFailure(error)) line.fail(error, startedAtMs);
    else if (error instanceof TesseraError) line.succeed();
  }

  private join(host: string): HostLine {
    const { perHost, clock, random } = this.options;
    const entry = this.busy.get(host) ?? {
      line: this.remembered.get(host) ?? new HostLine(perHost, { clock, random }),
      visitCount: 0,
    };
    entry.visitCount += 1;
    this.busy.set(host, entry);
    return entry.line;
  }

  private leave(host: string): void {
    const entry = this.busy.get(host);
    if (entry === undefined) return;
    entry.visitCount -= 1;
    if (entry.visitCount > 0) return;
    this.busy.delete(host);
    if (entry.line.isWorthKeeping) this.remembered.set(host, entry.line);
    else this.remembered.delete(host);
  }
}
