import { type ChunkRange } from '@tessera/contracts';
import { type ObjectStore } from '@tessera/storage';
import { type Readable } from 'node:stream';
import { type InputLine, readLines } from './read-lines.js';

/** Bytes that a chunk of several rows has at most: a worker holds it in memory. */
const MOST_CHUNK_BYTES = 16 * 1024 ** 2;

/** Cuts the rows of an input into chunks, from a row on, reading the file once. */
export class ChunkCutter {
  private lines: AsyncGenerator<InputLine> | undefined;
  private body: Readable | undefined;

  constructor(
    private readonly store: Pick<ObjectStore, 'open'>,
    private readonly input: { key: string; maxLineBytes: number },
    /** Where the next chunk begins. */
    private position: { row: number; byte: number },
  ) {}

  /** Whether the next chunk begins with this row. */
  isAt(row: number): boolean {
    return this.position.row === row;
  }

  /** The next chunk, of at most so many rows; undefined at the end. */
  async next(maxRows: number, signal: AbortSignal): Promise<ChunkRange | undefined> {
    const { row: fromRow, byte: fromByte } = this.position;
    let { row: toRow, byte: toByte } = this.position;
    while (toRow - fromRow < maxRows && toByte - fromByte < MOST_CHUNK_BYTES) {
      const line = await this.nextLine(signal);
      if (line === undefined) break;
      toRow += 1;
      toByte = line.endByte;
    }
    if (toRow === fromRow) return undefined;
    this.position = { row: toRow, byte: toByte };
    return { fromRow, toRow, fromByte, toByte };
  }

  close(): void {
    this.body?.destroy();
  }

  private async nextLine(signal: AbortSignal): Promise<InputLine | undefined> {
    if (this.lines === undefined) {
      const start = this.position.byte;
      const opened = await this.store.open(this.input.key, { range: { start }, signal });
      this.body = opened.body;
      this.lines = readLines(opened.body, { startByte: start, maxLineBytes: this.input.maxLineBytes });
    }
    const next = await this.lines.next();
    return next.done === true ? undefined : next.value;
  }
}
