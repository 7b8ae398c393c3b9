const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/** A line of a list that is not blank. */
export interface ListLine {
  /** Counted from 1, blank lines included. */
  readonly number: number;
  /** Without its end of line; undefined where it is longer than lines may be. */
  readonly bytes: Buffer | undefined;
}

/**
 * The lines of a stream of bytes, in bounded memory. Lines end in `\n` or `\r\n`; blank ones are left out. A stream that
 * fails takes the line that it breaks off in with it.
 */
export async function* readLines(
  body: AsyncIterable<Uint8Array>,
  maxLineBytes: number,
): AsyncGenerator<ListLine> {
  let pieces: Buffer[] = [];
  let heldBytes = 0;
  let number = 0;
  const take = (last: Buffer): ListLine | undefined => {
    number += 1;
    const isTooLong = heldBytes + last.length > maxLineBytes;
    const bytes = isTooLong ? undefined : trim(Buffer.concat([...pieces, last]), number);
    [pieces, heldBytes] = [[], 0];
    return bytes === undefined || !isBlank(bytes) ? { number, bytes } : undefined;
  };
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const line = take(bytes.subarray(start, end));
      start = end + 1;
      if (line !== undefined) yield line;
    }
    heldBytes += bytes.length - start;
    // Of a line that is too long, only its length is kept.
    if (heldBytes > maxLineBytes) pieces = [];
    else if (start < bytes.length) pieces.push(bytes.subarray(start));
  }
  const last = heldBytes > 0 ? take(Buffer.alloc(0)) : undefined;
  if (last !== undefined) yield last;
}

function trim(line: Buffer, number: number): Buffer {
  const isMarked = number === 1 && BYTE_ORDER_MARK.equals(line.subarray(0, BYTE_ORDER_MARK.length));
  return line.subarray(
    isMarked ? BYTE_ORDER_MARK.length : 0,
    line.at(-1) === CARRIAGE_RETURN ? -1 : undefined,
  );
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === CARRIAGE_RETURN);
}
