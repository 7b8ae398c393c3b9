import { type BatchRecord, isFinalBatchStatus } from '@tessera/contracts';

/** Batches noted one by one; with more of them reading all is as cheap. */
const MOST_NOTED = 1_000;
/** All are read again after this time, whatever was heard of them. */
const READ_ALL_EVERY_MS = 10_000;

interface BatchReads {
  /** Ids of the batches that are not final. */
  readonly openIds: () => Promise<string[]>;
  readonly getBatch: (id: string) => Promise<BatchRecord | undefined>;
}

/**
 * The open batches, of which only those are read again that something has happened to. A record that is read again is
 * another object, and one that is not stays the same.
 */
export class OpenBatches {
  private known = new Map<string, BatchRecord>();
  private noted: Set<string> | 'all' = 'all';
  private readAllAtMs = 0;

  constructor(private readonly reads: BatchReads) {}

  /** Something has happened to the batch, or may have. */
  note(id: string): void {
    if (this.noted === 'all') return;
    this.noted.add(id);
    if (this.noted.size > MOST_NOTED) this.noteAll();
  }

  /** Something may have been missed. */
  noteAll(): void {
    this.noted = 'all';
  }

  /** Oldest first. One call at a time. */
  async read(): Promise<BatchRecord[]> {
    const { noted } = this;
    const isAll = noted === 'all' || performance.now() - this.readAllAtMs >= READ_ALL_EVERY_MS;
    // What is heard of while they are read is for the next call.
    this.noted = new Set();
    try {
      if (isAll) await this.readAll();
      else await this.readSome(noted);
    } catch (error) {
      this.noteAll();
      throw error;
    }
    return [...this.known.values()];
  }

  private async readAll(): Promise<void> {
    this.readAllAtMs = performance.now();
    const ids = await this.reads.openIds();
    this.keep(new Map(), await Promise.all(ids.map(this.reads.getBatch)));
  }

  private async readSome(ids: ReadonlySet<string>): Promise<void> {
    if (ids.size === 0) return;
    const records = await Promise.all([...ids].map(this.reads.getBatch));
    const others = [...this.known].filter(([id]) => !ids.has(id));
    this.keep(new Map(others), records);
  }

  private keep(others: ReadonlyMap<string, BatchRecord>, read: readonly (BatchRecord | undefined)[]): void {
    const open = read.flatMap((record) =>
      record === undefined || isFinalBatchStatus(record.status) ? [] : [record],
    );
    const records = [...others.values(), ...open].sort((one, other) => one.createdAtMs - other.createdAtMs);
    this.known = new Map(records.map((record) => [record.id, record]));
  }
}
