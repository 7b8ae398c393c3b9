import { encodeRowResult, type RowResult } from './row-result.js';

type JournalRows = (rows: readonly (readonly [row: number, entry: string])[]) => Promise<void>;

/** Writes results to the journal, those that come while a write is under way together in the next one. */
export class JournalWriter {
  private pending: (readonly [number, string])[] = [];
  private writing: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;

  constructor(private readonly journalRows: JournalRows) {}

  /** Resolves when the result is in the journal. */
  write(row: number, result: RowResult): Promise<void> {
    this.pending.push([row, encodeRowResult(result)]);
    this.next ??= this.writing.then(
      () => this.writePending(),
      () => this.writePending(),
    );
    return this.next;
  }

  /** Resolves when everything is in the journal. */
  async flush(): Promise<void> {
    await (this.next ?? this.writing);
  }

  private writePending(): Promise<void> {
    const rows = this.pending;
    this.pending = [];
    this.next = undefined;
    this.writing = this.journalRows(rows);
    return this.writing;
  }
}
