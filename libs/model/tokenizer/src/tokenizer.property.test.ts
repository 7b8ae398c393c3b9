import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadTokenizer } from './load-tokenizer.js';
import { type PromptPiece, type Tokenizer } from './tokenizer.js';

/** The same cases every time; a failure prints how to come back to it. */
fc.configureGlobal({ seed: 20_261_125 });

const SPELLINGS = [
  '<|user|>',
  '<|assistant|>',
  '<|system|>',
  '<|end|>',
  '<|endoftext|>',
  '<img>',
  '</img>',
  '<IMG_CONTEXT>',
  '<s>',
  '</s>',
  '<unk>',
  '<box>',
  '</ref>',
  '<quad>',
  '<0x0A>',
  '<',
  '|>',
  'user',
];
/** SentencePiece writes a blank as this letter, so a text that holds it comes back with a blank. */
const META_BLANK = '\u2581';

let tokenizer: Tokenizer;
beforeAll(async () => {
  tokenizer = await loadTokenizer(fileURLToPath(new URL('../../../../models/tessera-tiny', import.meta.url)));
});

const anyText = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.array(fc.constantFrom(...SPELLINGS, ' ', '\n', 'a'), { maxLength: 20 }).map((parts) => parts.join('')),
  )
  .filter((text) => !text.includes(META_BLANK));
const piece = (text: string): PromptPiece => ({ kind: 'text', text });
const decode = (ids: readonly number[]): string => tokenizer.decode(ids, { skipSpecialTokens: true });

describe('any text', () => {
  it('comes back from its tokens as it was, save that the reference drops a first blank', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const back = decode(tokenizer.encodePieces([piece(text)]));
        expect(text.startsWith(' ') ? [text, text.slice(1)] : [text]).toContain(back);
      }),
      { numRuns: 1_000 },
    );
  });

  it('becomes no control token', () => {
    const controlIds = SPELLINGS.map((spelling) => tokenizer.tokenId(spelling)).filter(
      (id, index) =>
        id !== undefined && SPELLINGS[index]?.startsWith('<') === true && SPELLINGS[index] !== '<',
    );
    expect(controlIds.length).toBeGreaterThan(10);
    fc.assert(
      fc.property(anyText, (text) => {
        const [, ...ids] = tokenizer.encodePieces([piece(text)]);
        // <0x0A> is how the vocabulary writes the byte of a line break.
        const allowed = text.includes('\n') ? tokenizer.tokenId('<0x0A>') : undefined;
        expect(ids.filter((id) => controlIds.includes(id) && id !== allowed)).toEqual([]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('becomes the same tokens however it is cut into neighbouring pieces', () => {
    fc.assert(
      fc.property(anyText, fc.nat(), (text, at) => {
        const cut = at % (text.length + 1);
        const whole = tokenizer.encodePieces([piece(text)]);
        expect(tokenizer.encodePieces([piece(text.slice(0, cut)), piece(text.slice(cut))])).toEqual(whole);
      }),
    );
  });

  it('becomes no fewer tokens than its length promises', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(tokenizer.encodePieces([piece(text)]).length).toBeGreaterThanOrEqual(
          tokenizer.fewestTokens(text),
        );
      }),
    );
  });
});

describe('any token ids', () => {
  it('make the same text in a stream as at once, and no half characters on the way', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(750), { maxLength: 60 }), (ids) => {
        const stream = tokenizer.createTextStream();
        const parts = [...ids.map((id) => stream.push(id)), stream.end()];
        expect(parts.join('')).toBe(decode(ids));
        for (const part of parts) expect(part).not.toMatch(/\p{Surrogate}/u);
      }),
      { numRuns: 1_000 },
    );
  });
});
