import { randomBytes } from 'node:crypto';
import type { ObjectStore } from '@tessera/storage';
import type { Answer } from './answer.js';
import type { RunStatePlace } from './run-state.js';

/** Rows that may be through without being durable: together with those in flight, what a kill costs. */
const MAX_ROWS_AT_RISK = 64;
/** Rows of a piece at most. */
const PIECE_ROWS = 1000;
const CONCURRENT_READS = 16;
const TIME_DIGITS = 14;
/** In the place of a shard, whose name never begins so: for rows that may belong to any. */
export const NO_SHARD = '-';

/** A row that is through, by its identity. */
export interface JournalEntry {
  readonly identity: string;
  readonly answer: Answer;
}

interface PendingEntry extends JournalEntry {
  readonly shard: string;
}

/**
 * Answers of shards that are not written yet, as small objects of the store, `journal/<shard>/<piece>`. One piece is put
 * after the other, each with all rows that have ended meanwhile.
 */
export class Journal {
  private pending: PendingEntry[] = [];
  private writing: Promise<void> | undefined;
  /** Rows of the pieces that are being put. */
  private rowsBeingPut = 0;
  private failure: { readonly cause: unknown } | undefined;
  private pieces = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly store: ObjectStore;
  private readonly prefix: string;
  /** Tells the pieces of this process from those of others. */
  private readonly writer = `${String(Date.now()).padStart(TIME_DIGITS, '0')}-${randomBytes(4).toString('hex')}`;

  constructor({ store, prefix }: RunStatePlace) {
    this.store = store;
    this.prefix = `${prefix}journal/`;
  }

  /** What earlier runs left, oldest first. */
  async *read(): AsyncGenerator<readonly [identity: string, answer: Answer]> {
    const keys: string[] = [];
    for await (const key of this.store.list(this.prefix)) keys.push(key);
    keys.sort((left, right) => (pieceOf(left) < pieceOf(right) ? -1 : 1));
    for (let start = 0; start < keys.length; start += CONCURRENT_READS) {
      const some = keys.slice(start, start + CONCURRENT_READS);
      for (const piece of await Promise.all(some.map((key) => this.store.get(key)))) {
        for (const { identity, answer } of parsePiece(piece)) yield [identity, answer];
      }
    }
  }

  /**
   * Takes a row. Resolves when there is room for the next one, not when it is durable: see {@link flush}. Once a piece
   * could not be written, rejects with the reason.
   */
  async add(shard: string, entry: JournalEntry): Promise<void> {
    this.pending.push({ shard, ...entry });
    this.writing ??= this.writeAll();
    while (this.rowsAtRisk >= MAX_ROWS_AT_RISK && this.failure === undefined) await this.nextPiece();
    this.checkFailure();
  }

  /** Resolves when all rows are durable. */
  async flush(): Promise<void> {
    while (this.writing !== undefined) await this.writing;
    this.checkFailure();
  }

  /**
   * Keeps rows that are in the output, because they are about to go from there: those of a shard that is written anew, or
   * {@link NO_SHARD}. Resolves when they are durable.
   */
  async keep(shard: string, entries: readonly JournalEntry[]): Promise<void> {
    for (let start = 0; start < entries.length; start += PIECE_ROWS) {
      await this.put(shard, entries.slice(start, start + PIECE_ROWS));
    }
  }

  /** Forgets a shard that is written. */
  async drop(shard: string): Promise<void> {
    this.pending = this.pending.filter((entry) => entry.shard !== shard);
    await this.flush();
    await this.store.deletePrefix(`${this.prefix}${shard}/`);
  }

  /** Forgets all. */
  async clear(): Promise<void> {
    this.pending = [];
    await this.flush();
    await this.store.deletePrefix(this.prefix);
  }

  private async writeAll(): Promise<void> {
    try {
      while (this.pending.length > 0) {
        const entries = this.pending;
        this.pending = [];
        this.rowsBeingPut = entries.length;
        for (const [shard, rows] of groupByShard(entries)) await this.put(shard, rows);
        this.rowsBeingPut = 0;
        this.tellOfPiece();
      }
    } catch (cause) {
      // Whoever adds the next row is told.
      this.failure = { cause };
    } finally {
      this.writing = undefined;
      this.tellOfPiece();
    }
  }

  private get rowsAtRisk(): number {
    return this.pending.length + this.rowsBeingPut;
  }

  private nextPiece(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private tellOfPiece(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private checkFailure(): void {
    if (this.failure !== undefined) throw this.failure.cause;
  }

  private async put(shard: string, rows: readonly JournalEntry[]): Promise<void> {
    this.pieces += 1;
    const piece = `${this.writer}-${String(this.pieces).padStart(TIME_DIGITS, '0')}`;
    const lines = rows.map(({ identity, answer }) => `${JSON.stringify({ identity, answer })}\n`);
    await this.store.put(`${this.prefix}${shard}/${piece}.jsonl`, Buffer.from(lines.join('')));
  }
}

function groupByShard(entries: readonly PendingEntry[]): Map<string, PendingEntry[]> {
  const groups = new Map<string, PendingEntry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.shard);
    if (group === undefined) groups.set(entry.shard, [entry]);
    else group.push(entry);
  }
  return groups;
}

/** What orders pieces by time. */
function pieceOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

/** Objects of a store are whole or not there: these lines are as they were written. */
function parsePiece(bytes: Uint8Array): JournalEntry[] {
  const lines = Buffer.from(bytes).toString('utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as JournalEntry);
}
