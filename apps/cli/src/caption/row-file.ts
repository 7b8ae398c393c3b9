import { type FileHandle, open } from 'node:fs/promises';
import { type CaptionRow } from '@tessera/contracts';
import pLimit from 'p-limit';
import { z } from 'zod';
import { OutputFailedError } from '../errors.js';
import { OutputForeignError } from './errors.js';
import { type Line, readLines } from './read-lines.js';
import { type ExistingRow, formatRow, isBeginningOfRow, parseRow } from './row-text.js';

export interface OpenRowFileOptions {
  /** What is there is deleted; otherwise rows are added to it. */
  readonly overwrite: boolean;
  /** Told every row that is there, oldest first. */
  readonly onRow: (row: ExistingRow) => void;
}

/**
 * The output: one row a line, only ever added to. A row is handed to the system whole before the next one, so a killed
 * process leaves at most one line cut off at the end, which the next run removes.
 */
export class RowFile {
  private readonly oneAtATime = pLimit(1);
  private failure: OutputFailedError | undefined;

  private constructor(
    readonly path: string,
    private readonly file: FileHandle,
    /** Bytes of complete rows. */
    private length: number,
  ) {}

  /** @throws {OutputForeignError | OutputFailedError} nothing is changed then */
  static async open(path: string, { overwrite, onRow }: OpenRowFileOptions): Promise<RowFile> {
    const file = await open(path, 'a+').catch((cause: unknown) => {
      throw toFailure(path, cause);
    });
    try {
      if (!(await file.stat()).isFile()) throw new OutputFailedError(path, 'it is not a regular file');
      const length = overwrite ? 0 : await recover(path, file, onRow);
      await file.truncate(length);
      return new RowFile(path, file, length);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Adds a row. Once a row could not be written, none is. @throws {OutputFailedError} */
  append(row: CaptionRow): Promise<void> {
    return this.oneAtATime(() => this.write(Buffer.from(formatRow(row))));
  }

  /** Waits until the rows are on the disk itself. */
  async close(): Promise<void> {
    await this.oneAtATime(async () => {
      try {
        await this.file.sync();
      } finally {
        await this.file.close();
      }
    });
  }

  private async write(bytes: Buffer): Promise<void> {
    if (this.failure !== undefined) throw this.failure;
    try {
      await this.file.appendFile(bytes);
      this.length += bytes.length;
    } catch (cause) {
      this.failure = toFailure(this.path, cause);
      // A full disk takes part of a row. Where even this fails, the next run removes that part.
      await this.file.truncate(this.length).catch(() => undefined);
      throw this.failure;
    }
  }
}

/**
 * Reads the rows that are there.
 * @returns bytes to keep: all but a row that was cut off
 * @throws {OutputForeignError}
 */
async function recover(path: string, file: FileHandle, onRow: (row: ExistingRow) => void): Promise<number> {
  let number = 0;
  let length = 0;
  for await (const line of readLines(file)) {
    number += 1;
    if (!line.isComplete && isCutOff(line)) return line.offset;
    onRow(parseLine(line, path, number));
    length = line.offset + line.bytes.length;
    if (!line.isComplete) await file.appendFile('\n');
    length += 1;
  }
  return length;
}

function isCutOff({ bytes }: Line): boolean {
  if (!isBeginningOfRow(bytes)) return false;
  try {
    JSON.parse(Buffer.from(bytes).toString('utf8'));
    return false;
  } catch {
    // Not all of it is there.
    return true;
  }
}

function parseLine({ bytes }: Line, path: string, number: number): ExistingRow {
  try {
    return parseRow(bytes);
  } catch (cause) {
    throw new OutputForeignError(path, number, firstLineOf(cause), { cause });
  }
}

function firstLineOf(error: unknown): string {
  if (error instanceof z.ZodError) return z.prettifyError(error).replace(/\s+/g, ' ').trim();
  return error instanceof Error ? error.message : String(error);
}

function toFailure(path: string, cause: unknown): OutputFailedError {
  return new OutputFailedError(path, cause instanceof Error ? cause.message : String(cause), { cause });
}
