import { Inject, Injectable } from '@nestjs/common';
import { type Engine, PriorityLimit } from '@tessera/engine';
import { ENGINE } from './tokens.js';

/**
 * Requests taken beyond the engine's slots: their images are fetched and tiled while the slots are busy, so that a slot
 * that comes free is filled at once.
 */
const REQUESTS_AHEAD = 4;

/**
 * What the worker has in hand at a time, and with it the memory of its images. Jobs never wait here: the queue gives no
 * more of them than there are places. Rows begin only while jobs and rows together leave a place, and one is kept for
 * the next job.
 */
@Injectable()
export class Admission {
  /** Jobs at a time. */
  readonly places: number;
  private readonly limit: PriorityLimit;

  constructor(@Inject(ENGINE) engine: Pick<Engine, 'slotCount'>) {
    this.places = engine.slotCount + REQUESTS_AHEAD;
    this.limit = new PriorityLimit({ interactive: Infinity, batch: this.places - 1 });
  }

  runJob<T>(work: () => Promise<T>): Promise<T> {
    return this.limit.run('interactive', work);
  }

  /**
   * Waits for a place for a row; resolves with the function that gives it back, to be called once.
   * Rejects with the signal's reason when that aborts before.
   */
  admitRow(signal: AbortSignal): Promise<() => void> {
    return this.limit.enter('batch', signal);
  }
}
