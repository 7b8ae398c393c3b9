import { type FileHandle } from 'node:fs/promises';

const NEWLINE = 0x0a;

/** A line of a file, its newline not included. */
export interface Line {
  readonly bytes: Uint8Array;
  /** Where it begins. */
  readonly offset: number;
  /** False for what stands after the last newline. */
  readonly isComplete: boolean;
}

/** The lines of a file from its beginning, as bytes: a line that was cut may end within a character. */
export async function* readLines(file: FileHandle): AsyncGenerator<Line> {
  let offset = 0;
  let rest: Uint8Array[] = [];
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false }) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      const bytes = Buffer.concat([...rest, chunk.subarray(start, end)]);
      yield { bytes, offset, isComplete: true };
      offset += bytes.length + 1;
      rest = [];
      start = end + 1;
    }
    rest.push(chunk.subarray(start));
  }
  const bytes = Buffer.concat(rest);
  if (bytes.length > 0) yield { bytes, offset, isComplete: false };
}
