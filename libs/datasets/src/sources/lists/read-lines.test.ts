import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines } from './read-lines.js';

async function read(
  chunks: readonly (string | Uint8Array)[],
  maxLineBytes = 100,
): Promise<[number, string | undefined][]> {
  async function* body() {
    for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  }
  const lines: [number, string | undefined][] = [];
  for await (const { number, bytes } of readLines(body(), maxLineBytes))
    lines.push([number, bytes?.toString('utf8')]);
  return lines;
}

describe('readLines', () => {
  it('ends lines at line feeds and drops what else ends them, blank ones and the byte order mark', async () => {
    expect(await read(['\ufeffa\r\n\r\n \t\nb\u2028c\rd\n', 'last'])).toEqual([
      [1, 'a'],
      [4, 'b\u2028c\rd'],
      [5, 'last'],
    ]);
    expect(await read(['\ufeff'])).toEqual([]);
    expect(await read([])).toEqual([]);
  });

  it('names a line that is too long, wherever chunks end, and goes on behind it', async () => {
    const long = 'x'.repeat(11);
    for (const chunks of [[`a\n${long}\nb`], ['a\nxxxxx', 'xxxx', 'xx\nb'], ['a\n', long, '\n', 'b']]) {
      expect(await read(chunks, 10)).toEqual([
        [1, 'a'],
        [2, undefined],
        [3, 'b'],
      ]);
    }
    expect(await read([`a\n${long}`], 10)).toEqual([
      [1, 'a'],
      [2, undefined],
    ]);
  });

  it('gives the same lines however the bytes are cut', async () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'ä', '\n', '\r\n', ' ', '\ufeff'), maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(text, fc.array(fc.nat(80), { maxLength: 6 }), async (whole, cuts) => {
        const bytes = Buffer.from(whole);
        const ends = [
          ...cuts.filter((cut) => cut < bytes.length).sort((left, right) => left - right),
          bytes.length,
        ];
        const pieces = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
        expect(await read(pieces)).toEqual(await read([bytes]));
      }),
    );
  });

  it('drops the line in which a stream fails', async () => {
    async function* body() {
      yield Buffer.from('a\nb');
      throw new Error('gone');
    }
    const lines = readLines(body(), 100);
    expect((await lines.next()).value).toMatchObject({ number: 1 });
    await expect(lines.next()).rejects.toThrow('gone');
  });
});
