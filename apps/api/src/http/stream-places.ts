import { Inject, Injectable } from '@nestjs/common';
import { type Config } from '@tessera/config';
import { TooManyStreamsError } from '../errors/job.errors.js';
import { CONFIG } from '../tokens.js';

/** Counts the event streams that are open. */
@Injectable()
export class StreamPlaces {
  private openStreams = 0;

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /**
   * Takes one of the places for streams until the signal aborts.
   * @throws {TooManyStreamsError}
   */
  take(signal: AbortSignal): void {
    const limit = this.config.http.maxStreams;
    if (this.openStreams >= limit) throw new TooManyStreamsError(limit);
    if (signal.aborted) return;
    this.openStreams += 1;
    signal.addEventListener('abort', () => (this.openStreams -= 1), { once: true });
  }
}
