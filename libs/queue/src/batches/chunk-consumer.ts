import type { ServedModel } from '@tessera/contracts';
import type { Logger } from '@tessera/observability';
import type { QueueConnection } from '../connection.js';
import type { TurnKind, Turns } from '../consumer/turns.js';
import type { CommittedChunk } from './batch-store.js';
import type { ChunkEffort, ChunkKey, RowTurn, StartedChunk } from './chunk-scripts.js';

/** What a worker holds while it works on a chunk; every write is refused once the attempt is no longer the chunk's own. */
export interface ChunkAttempt {
  readonly key: ChunkKey;
  readonly chunk: StartedChunk;
  /** Aborted when the chunk is lost, or must be given up now: rows under way stop, and nothing more is written. */
  readonly signal: AbortSignal;
  /** Aborted when the batch ends early or the worker stops: no row begins any more, those under way go on. */
  readonly stopSignal: AbortSignal;
  /** Lets a row run beside others or alone; resolves with the function that ends its turn. */
  takeTurn(kind: TurnKind): Promise<() => void>;
  /** Notes that a row begins, so that it is known should the worker die. */
  markRow(row: number, turn: RowTurn): Promise<void>;
  /** Notes what came of rows; they are not run again. */
  journal(rows: readonly (readonly [row: number, entry: string])[]): Promise<void>;
  /** Ends the chunk; its part files are in the store. */
  commit(outcome: Omit<CommittedChunk, 'token'>, ran: ChunkEffort): Promise<void>;
}

export interface ChunkConsumerOptions {
  readonly connection: QueueConnection;
  readonly model: Pick<ServedModel, 'id'>;
  /** Chunks at a time. */
  readonly concurrency: number;
  readonly lockDurationMs: number;
  readonly logger: Logger;
  readonly turns: Turns;
  /**
   * Works on one chunk: resolves when it is committed, or when {@link ChunkAttempt.stopSignal} has aborted and what ran
   * is journaled. A rejection is logged, and the chunk comes again.
   */
  readonly handle: (attempt: ChunkAttempt) => Promise<void>;
}

/** A worker's end of a model's chunks. */
export interface ChunkConsumer {
  readonly activeCount: number;
  /**
   * Begins no more rows, waits for those under way, and after `timeoutMs` aborts them; what is not done is handed back
   * with its journal. Then closes the connections.
   */
  drain(timeoutMs: number): Promise<void>;
}
