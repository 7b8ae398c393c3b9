import { type FileHandle, open } from 'node:fs/promises';

const DIGEST_LENGTH = 64;
const NEWLINE = 0x0a;
/** Most records are shorter. */
const FIRST_READ_BYTES = 2048;
const SCAN_BYTES = 1 << 20;

/** A record of a log, as it is found again. */
export interface LoggedRecord {
  readonly digest: string;
  /** Where it begins. */
  readonly offset: number;
}

/**
 * A file of records, `<64 hexadecimal digits> <text>`, one a line, only ever added to. A killed process leaves at most one
 * line that is cut off, which is no record. Nothing is synced: what it holds can be had again.
 */
export class RecordLog {
  /** Lines that are not written yet, by where they will be. */
  private readonly pending = new Map<number, string>();
  private writing: Promise<void> | undefined;
  private failure: { readonly cause: unknown } | undefined;

  private constructor(
    private readonly file: FileHandle,
    private bytes: number,
  ) {}

  /** Makes a new file. */
  static async create(path: string): Promise<RecordLog> {
    return new RecordLog(await open(path, 'wx+', 0o600), 0);
  }

  /** Opens a file that is there, for reading. */
  static async openOld(path: string): Promise<RecordLog> {
    const file = await open(path, 'r');
    return new RecordLog(file, (await file.stat()).size);
  }

  /** With what is not written yet. */
  get byteLength(): number {
    return this.bytes;
  }

  /**
   * Adds a record, which may be read at once; the text has no newline.
   * @returns where it begins
   * @throws what an earlier record could not be written for
   */
  append(digest: string, text: string): number {
    if (this.failure !== undefined) throw this.failure.cause;
    const line = `${digest} ${text}\n`;
    const offset = this.bytes;
    this.pending.set(offset, line);
    this.bytes += Buffer.byteLength(line);
    this.writing ??= this.writeAll();
    return offset;
  }

  /** The text of the record that begins there; undefined where it is another one, or cut off. */
  async read({ digest, offset }: LoggedRecord): Promise<string | undefined> {
    const line = this.pending.get(offset)?.slice(0, -1) ?? (await this.readLine(offset));
    return line?.startsWith(`${digest} `) ? line.slice(DIGEST_LENGTH + 1) : undefined;
  }

  /** All records that are written. */
  async *records(): AsyncGenerator<LoggedRecord> {
    const chunk = Buffer.alloc(SCAN_BYTES);
    let rest = Buffer.alloc(0);
    for (let position = 0; position < this.bytes;) {
      const { bytesRead } = await this.file.read(chunk, 0, SCAN_BYTES, position);
      if (bytesRead === 0) return;
      const bytes = Buffer.concat([rest, chunk.subarray(0, bytesRead)]);
      const first = position - rest.length;
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
        if (end - start > DIGEST_LENGTH) {
          yield { digest: bytes.toString('latin1', start, start + DIGEST_LENGTH), offset: first + start };
        }
        start = end + 1;
      }
      rest = bytes.subarray(start);
      position += bytesRead;
    }
  }

  /** Resolves when all is written. @throws what it could not be written for */
  async flush(): Promise<void> {
    while (this.writing !== undefined) await this.writing;
    if (this.failure !== undefined) throw this.failure.cause;
  }

  /** Writes what is not written yet, as far as that goes. */
  async close(): Promise<void> {
    while (this.writing !== undefined) await this.writing;
    await this.file.close();
  }

  private async readLine(offset: number): Promise<string | undefined> {
    for (let length = FIRST_READ_BYTES; ; length *= 2) {
      const chunk = Buffer.alloc(length);
      const { bytesRead } = await this.file.read(chunk, 0, length, offset);
      const end = chunk.subarray(0, bytesRead).indexOf(NEWLINE);
      if (end >= 0) return chunk.toString('utf8', 0, end);
      if (bytesRead < length) return undefined;
    }
  }

  /** One write after the other, each of all lines that have come meanwhile. */
  private async writeAll(): Promise<void> {
    try {
      while (this.pending.size > 0) {
        const lines = [...this.pending];
        const [start = 0] = lines[0] ?? [];
        await this.writeFully(Buffer.from(lines.map(([, line]) => line).join('')), start);
        for (const [offset] of lines) this.pending.delete(offset);
      }
    } catch (cause) {
      // Whoever adds the next one is told; what is in memory can still be read.
      this.failure = { cause };
    } finally {
      this.writing = undefined;
    }
  }

  private async writeFully(bytes: Uint8Array, start: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.file.write(bytes, done, bytes.length - done, start + done);
      done += bytesWritten;
    }
  }
}
