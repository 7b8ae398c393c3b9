import { Inject, Injectable } from '@nestjs/common';
import { RowTurns } from '@tessera/batches';
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
 * the next job. Rows of different chunks begin in turn.
 */
@Injectable()
export class Admission {
  /** Jobs at a time. */
  readonly places: number;
  private readonly limit: PriorityLimit;
  private readonly rowTurns: RowTurns;

  constructor(@Inject(ENGINE) engine: Pick<Engine, 'slotCount'>) {
    this.places = engine.slotCount + REQUESTS_AHEAD;
    this.limit = new PriorityLimit({ interactive: Infinity, batch: this.places - 1 });
    this.rowTurns = new RowTurns(() => this.limit.enter('batch'));
  }

  runJob<T>(work: () => Promise<T>): Promise<T> {
    return this.limit.run('interactive', work);
  }

  /**
   * Waits for a place for a row of a chunk; resolves with the function that gives it back, to be called once.
   * Rejects with the signal's reason when that aborts before.
   */
  admitRow(chunk: string, signal: AbortSignal): Promise<() => void> {
    return this.rowTurns.take(chunk, signal);
  }
}
