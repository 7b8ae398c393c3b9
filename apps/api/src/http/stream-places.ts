import { Inject, Injectable } from '@nestjs/common';
import { type Config } from '@tessera/config';
import { TooManyStreamsError, TooManyStreamsOfOwnerError } from '../errors/job.errors.js';
import { CONFIG } from '../tokens.js';

/** Counts the event streams that are open, in all and by owner: where keys are asked for, nobody has more than half. */
@Injectable()
export class StreamPlaces {
  private openStreams = 0;
  private readonly openOf = new Map<string, number>();
  private readonly limit: number;
  private readonly limitOfOwner: number;

  constructor(@Inject(CONFIG) { http, access }: Config) {
    this.limit = http.maxStreams;
    this.limitOfOwner = access.adminKey === undefined ? this.limit : Math.ceil(this.limit / 2);
  }

  /**
   * Takes one of the places for streams until the signal aborts.
   * @throws {TooManyStreamsError | TooManyStreamsOfOwnerError}
   */
  take(ownerId: string, signal: AbortSignal): void {
    if (this.openStreams >= this.limit) throw new TooManyStreamsError(this.limit);
    if (this.countOf(ownerId) >= this.limitOfOwner) throw new TooManyStreamsOfOwnerError(this.limitOfOwner);
    if (signal.aborted) return;
    this.count(ownerId, 1);
    signal.addEventListener('abort', () => this.count(ownerId, -1), { once: true });
  }

  private countOf(ownerId: string): number {
    return this.openOf.get(ownerId) ?? 0;
  }

  private count(ownerId: string, change: 1 | -1): void {
    this.openStreams += change;
    const count = this.countOf(ownerId) + change;
    if (count === 0) this.openOf.delete(ownerId);
    else this.openOf.set(ownerId, count);
  }
}
