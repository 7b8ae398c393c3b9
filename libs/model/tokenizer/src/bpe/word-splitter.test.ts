import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WordSplitter } from './word-splitter.js';

fc.configureGlobal({ seed: 20_261_125 });

/** The pattern as a regular expression of JavaScript, with what `\s` and `(?i:…)` mean in the reference. */
const patternWith = (numbers: string): RegExp =>
  new RegExp(
    String.raw`'(?:[sS\u017f]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])` +
      String.raw`|[^\r\n\p{L}\p{N}]?\p{L}+|${numbers}| ?[^\p{White_Space}\p{L}\p{N}]+[\r\n]*` +
      String.raw`|\p{White_Space}*[\r\n]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+`,
    'gu',
  );

const UNITS = "\x20 \n\r\t\v\x85\x1c\u00a0\u2028\ufeff\u200b'sStTlLdDreRvmaé描😀𝐀12½٣_.-<>\u0301ſ".split(
  /(?:)/u,
);

const anyText = fc.oneof(
  fc.string({ unit: fc.constantFrom(...UNITS), maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.replace(/\p{Surrogate}/gu, '')),
);

describe.each([
  { longestNumber: 1, numbers: String.raw`\p{N}` },
  { longestNumber: 3, numbers: String.raw`\p{N}{1,3}` },
])('words with up to $longestNumber digits', ({ longestNumber, numbers }) => {
  it('are what the pattern finds', () => {
    const splitter = new WordSplitter(longestNumber);
    fc.assert(
      fc.property(anyText, (text) => {
        expect([...splitter.split(text)]).toEqual(text.match(patternWith(numbers)) ?? []);
      }),
      { numRuns: 3_000 },
    );
  });

  it('are the text when they are put together, however long a run is', () => {
    const splitter = new WordSplitter(longestNumber);
    for (const unit of ['a', ' ', '\n', '描', '😀', '1']) {
      const text = `x${unit.repeat(300_000)}y`;
      expect([...splitter.split(text)].join('')).toBe(text);
    }
  });
});
