import { setMaxListeners } from 'node:events';
import { type Turns } from '../consumer/turns.js';
import { type ChunkAttempt } from './chunk-consumer.js';
import { ChunkLostError, ChunkStoppedError } from './chunk-errors.js';
import { type ChunkKey, type ChunkScripts, type StartedChunk } from './chunk-scripts.js';

/** An attempt at a chunk from before it is written until the processor is through with it. */
export class ActiveChunk {
  private readonly giveUp = new AbortController();
  private readonly stopping = new AbortController();
  private committed = false;

  constructor(
    readonly key: ChunkKey,
    private readonly parts: { scripts: ChunkScripts; turns: Turns },
  ) {
    // Every row of the chunk listens.
    setMaxListeners(0, this.giveUp.signal, this.stopping.signal);
  }

  get isCommitted(): boolean {
    return this.committed;
  }

  get isLost(): boolean {
    return this.giveUp.signal.reason instanceof ChunkLostError;
  }

  get stopReason(): ChunkStoppedError['reason'] | undefined {
    const reason: unknown = this.stopping.signal.reason;
    return reason instanceof ChunkStoppedError ? reason.reason : undefined;
  }

  /** No further row begins. */
  stop(reason: ChunkStoppedError['reason']): void {
    this.stopping.abort(new ChunkStoppedError(reason));
  }

  /** Rows under way end without a result. */
  abort(): void {
    this.stop('draining');
    this.giveUp.abort(new ChunkStoppedError('draining'));
  }

  /** Somebody else has the chunk. */
  lose(reason: string): ChunkLostError {
    const error = new ChunkLostError(this.key.batchId, this.key.index, reason);
    this.stop('draining');
    this.giveUp.abort(error);
    return error;
  }

  /** What the handler gets. */
  begin(chunk: StartedChunk): ChunkAttempt {
    const { scripts, turns } = this.parts;
    return {
      key: this.key,
      chunk,
      signal: this.giveUp.signal,
      stopSignal: this.stopping.signal,
      takeTurn: (kind) => turns.take(kind, this.stopping.signal),
      markRow: async (row, turn) => this.check(await scripts.mark(this.key, row, turn), 'marked'),
      journal: async (rows) => this.check(await scripts.journal(this.key, rows), 'journaled'),
      commit: async (outcome, ran) => {
        this.check(await scripts.commit(this.key, outcome, ran), 'committed');
        this.committed = true;
      },
    };
  }

  /** @throws {ChunkLostError} */
  private check(reply: string, expected: string): void {
    if (reply !== expected) throw this.lose(reply);
  }
}
