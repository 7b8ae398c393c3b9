import { describe, expect, it } from 'vitest';
import { LineTooLongError } from '../errors.js';
import { type InputLine, readLines } from './read-lines.js';

/** A stream of the text in pieces of so many bytes. */
async function* inPieces(text: string, pieceBytes: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += pieceBytes)
    yield bytes.subarray(start, start + pieceBytes);
}

async function linesOf(text: string, pieceBytes: number, startByte = 0): Promise<InputLine[]> {
  const lines: InputLine[] = [];
  for await (const line of readLines(inPieces(text, pieceBytes), { maxLineBytes: 100, startByte }))
    lines.push(line);
  return lines;
}

const TEXT = 'first\r\n\n  \nsécond\nthird';

describe('readLines', () => {
  it.each([1, 2, 3, 7, 1_000])('finds the same lines in pieces of %i bytes', async (pieceBytes) => {
    const lines = await linesOf(TEXT, pieceBytes);
    expect(lines.map(({ bytes }) => bytes.toString())).toEqual(['first', 'sécond', 'third']);
    expect(lines.map(({ number }) => number)).toEqual([1, 4, 5]);
  });

  it('says where each next line begins, so that reading can go on there', async () => {
    const [first, second] = await linesOf(TEXT, 4);
    const start = first?.endByte ?? expect.fail();
    const rest = await linesOf(Buffer.from(TEXT).subarray(start).toString(), 4, start);
    expect(rest[0]?.endByte).toBe(second?.endByte);
    expect(rest.map(({ bytes }) => bytes.toString())).toEqual(['sécond', 'third']);
  });

  it('refuses a line that is too long before it has read it', async () => {
    let pieces = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('short\n');
      for (;;) {
        pieces += 1;
        yield Buffer.alloc(40, 'x');
      }
    }
    const reading = async (): Promise<void> => {
      for await (const line of readLines(endless(), { maxLineBytes: 100 })) expect(line.number).toBe(1);
    };
    await expect(reading()).rejects.toThrow(new LineTooLongError(2, 100));
    expect(pieces).toBe(3);
  });
});
