import { LineTooLongError } from '../errors.js';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** A line of a file that is not blank. */
export interface InputLine {
  /** Without its end of line. */
  readonly bytes: Buffer;
  /** Counted from 1, blank lines included. */
  readonly number: number;
  /** Where the next line begins, counted as the reader was told to begin. */
  readonly endByte: number;
}

/**
 * The lines of a stream of bytes, in bounded memory. Lines end in `\n` or `\r\n`; blank ones are left out.
 * @param startByte where the stream begins in its file
 * @throws {LineTooLongError}
 */
export async function* readLines(
  body: AsyncIterable<Uint8Array>,
  { maxLineBytes, startByte = 0 }: { maxLineBytes: number; startByte?: number },
): AsyncGenerator<InputLine> {
  let pieces: Buffer[] = [];
  let heldBytes = 0;
  let position = startByte;
  let number = 0;
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      number += 1;
      const line = takeLine(pieces, bytes.subarray(start, end));
      checkLength(line.length, number, maxLineBytes);
      position += heldBytes + end - start + 1;
      [pieces, heldBytes] = [[], 0];
      start = end + 1;
      if (!isBlank(line)) yield { bytes: line, number, endByte: position };
    }
    if (start < bytes.length) pieces.push(bytes.subarray(start));
    heldBytes += bytes.length - start;
    checkLength(heldBytes, number + 1, maxLineBytes);
  }
  const last = takeLine(pieces, Buffer.alloc(0));
  if (!isBlank(last)) yield { bytes: last, number: number + 1, endByte: position + heldBytes };
}

function takeLine(pieces: Buffer[], last: Buffer): Buffer {
  const line = pieces.length === 0 ? last : Buffer.concat([...pieces, last]);
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}

function checkLength(bytes: number, number: number, limit: number): void {
  if (bytes > limit) throw new LineTooLongError(number, limit);
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === CARRIAGE_RETURN);
}
