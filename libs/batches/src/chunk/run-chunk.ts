import { type AnswerRow } from '@tessera/contracts';
import { type ChunkAttempt, type RowTurn } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { JournalWriter } from './journal-writer.js';
import { writeParts } from './part-files.js';
import { type InputRow, readChunkRows } from './read-chunk-rows.js';
import {
  crashedRowResult,
  decodeRowResult,
  type RowName,
  type RowResult,
  toBatchRow,
  toRowResult,
} from './row-result.js';

/** Deaths of workers over a chunk after which its rows are watched one by one. */
const WATCHED_AFTER_CRASHES = 1;

export interface ChunkRunOptions {
  readonly objectStore: ObjectStore;
  readonly answerRow: AnswerRow;
  /** Waits for a place among all that this worker answers; resolves with the function that gives it back. */
  readonly admit: (signal: AbortSignal) => Promise<() => void>;
  /** Waits for as long as the object store cannot work. */
  readonly whileStoreIsAway: <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;
}

/**
 * Works on a chunk: rows that an earlier attempt has finished are taken from its journal, the others are answered side by
 * side, as far as they are admitted. A row during which workers died runs alone, and fails when it was alone then.
 * Resolves when the chunk is committed, or unfinished when the attempt was told to stop.
 */
export async function runChunk(attempt: ChunkAttempt, options: ChunkRunOptions): Promise<void> {
  const run = new ChunkRun(attempt, options);
  await run.run();
}

class ChunkRun {
  private readonly results = new Map<number, RowResult>();
  private readonly journal: JournalWriter;
  private readonly startedAt = performance.now();
  private ranRows = 0;
  private workMs = 0;

  constructor(
    private readonly attempt: ChunkAttempt,
    private readonly options: ChunkRunOptions,
  ) {
    this.journal = new JournalWriter((rows) => attempt.journal(rows));
  }

  async run(): Promise<void> {
    const { chunk, signal } = this.attempt;
    const { objectStore, whileStoreIsAway } = this.options;
    for (const [row, text] of chunk.journal) this.results.set(row, decodeRowResult(text));
    const rows = await whileStoreIsAway(() => readChunkRows(objectStore, chunk, signal), signal);
    const open = rows.filter(({ row }) => !this.results.has(row));
    const outcomes = await Promise.allSettled(open.map((row) => this.runRow(row)));
    await this.journal.flush();
    const isStopped = this.attempt.stopSignal.aborted;
    for (const outcome of outcomes) {
      // A row that was stopped is no failure: the attempt that comes next runs it.
      if (outcome.status === 'rejected' && !isStopped) throw outcome.reason;
    }
    if (this.results.size === rows.length) await this.commit(rows);
  }

  private async commit(rows: readonly InputRow[]): Promise<void> {
    const { key, chunk, signal } = this.attempt;
    const results = rows.flatMap(({ row }) => this.results.get(row) ?? []);
    const outcome = await this.options.whileStoreIsAway(
      () => writeParts(this.options.objectStore, key, { range: chunk, results }),
      signal,
    );
    const ms = Math.round(performance.now() - this.startedAt);
    await this.attempt.commit(outcome, {
      ...{ rows: this.ranRows, ms, workMs: Math.ceil(this.workMs) },
    });
  }

  private async runRow({ row, customId, body }: InputRow): Promise<void> {
    const { key, chunk, signal, stopSignal } = this.attempt;
    const name: RowName = { batchId: key.batchId, row, customId };
    const begunAs = chunk.begun.get(row);
    if (begunAs === 'alone') return this.keep(row, crashedRowResult(name));
    const turn: RowTurn = begunAs === 'shared' ? 'alone' : 'shared';
    // First a place, then the turn: rows that only wait for a place must not keep a suspect from being alone.
    const leave = await this.options.admit(stopSignal);
    const admittedAt = performance.now();
    try {
      const endTurn = await this.attempt.takeTurn(turn);
      try {
        if (chunk.crashes >= WATCHED_AFTER_CRASHES) await this.attempt.markRow(row, turn);
        const answer = await this.options.answerRow(toBatchRow(name, body, chunk), { signal });
        this.ranRows += 1;
        await this.keep(row, toRowResult(name, answer));
      } finally {
        endTurn();
      }
    } finally {
      leave();
      this.workMs += performance.now() - admittedAt;
    }
  }

  private async keep(row: number, result: RowResult): Promise<void> {
    await this.journal.write(row, result);
    this.results.set(row, result);
  }
}
