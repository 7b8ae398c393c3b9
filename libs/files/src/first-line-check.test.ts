import { describe, expect, it } from 'vitest';
import { FileInvalidError } from './errors.js';
import { checkFirstLine, FirstLineCheck } from './first-line-check.js';

function violationOf(...chunks: (string | Uint8Array)[]): string | undefined {
  const check = new FirstLineCheck();
  for (const chunk of chunks) check.push(Buffer.from(chunk));
  check.end();
  return check.violation;
}

const LONG = 'x'.repeat(1_500_000);

describe('the first line of JSON Lines', () => {
  it.each([
    ['an object', ['{"a":1}\n{"b":2}\n']],
    ['an object without a newline', ['{"a":1}']],
    ['an object in pieces', ['{"a"', ':1', '}\n', 'no JSON']],
    ['an object before a carriage return', ['{"a":1}\r\n']],
    [
      'a character cut in two',
      [Buffer.from('{"a":"é"}').subarray(0, 7), Buffer.from('{"a":"é"}').subarray(7)],
    ],
    ['an object too long to be looked at in full', [`{"a":"${LONG}`, LONG, '"}\n']],
  ])('may be %s', (_case, chunks) => {
    expect(violationOf(...chunks)).toBeUndefined();
  });

  it.each<[string, (string | Uint8Array)[], RegExp]>([
    ['nothing', [], /must not be empty/],
    ['empty chunks', ['', ''], /must not be empty/],
    ['an empty line', ['\n{}\n'], /first one is not/],
    ['a list', ['[1]\n'], /first one is not/],
    ['null', ['null\n'], /first one is not/],
    ['a text', ['"a"\n'], /first one is not/],
    ['half an object', ['{"a":\n1}\n'], /first one is not: /],
    [
      'bytes that are no UTF-8',
      [Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)],
      /first one is not: /,
    ],
    ['a byte order mark', ['\ufeff{}\n'], /first one is not: /],
    ['a picture', [Buffer.concat([Buffer.from('\x89PNG\r'), Buffer.alloc(2_000_000)])], /first one is not/],
  ])('may not be %s', (_case, chunks, rule) => {
    expect(violationOf(...chunks)).toMatch(rule);
  });

  it('is known before the rest has come', () => {
    const check = new FirstLineCheck();
    check.push(Buffer.from('no JSON\n'));
    expect(check.violation).toMatch(/first one is not/);
  });
});

describe('checking while bytes pass', () => {
  it('passes all of them on', async () => {
    const chunks = ['{"a":1', '}\n', '{}\n'].map((text) => Buffer.from(text));
    const seen: Uint8Array[] = [];
    for await (const chunk of checkFirstLine(from(chunks))) seen.push(chunk);
    expect(seen).toEqual(chunks);
  });

  it('ends at the line that is none, and at the end of nothing', async () => {
    await expect(drain([Buffer.from('[]\n'), Buffer.from('{}\n')])).rejects.toThrow(FileInvalidError);
    await expect(drain([])).rejects.toThrow(FileInvalidError);
  });
});

async function* from(chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function drain(chunks: Uint8Array[]): Promise<void> {
  const checked = checkFirstLine(from(chunks));
  while (!(await checked.next()).done);
}
