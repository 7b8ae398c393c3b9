/// <reference lib="es2024.string" />
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { cleanUp } from './clean-up.js';
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

interface Form {
  readonly name: string;
  readonly checkpoint: string;
  /** What may come back from the tokens of a text. */
  readonly returned: (text: string) => readonly string[];
}

const withoutFirstBlank = (text: string): string[] => (text.startsWith(' ') ? [text, text.slice(1)] : [text]);
const composed = (text: string): string[] => [text.toWellFormed().normalize('NFC')];
const FORMS: readonly Form[] = [
  { name: 'Phi-3', checkpoint: 'models/tessera-tiny', returned: withoutFirstBlank },
  {
    name: 'InternLM2',
    checkpoint: 'test/golden/mini-internvl-chat-2b-v1-5/checkpoint',
    returned: (text) => withoutFirstBlank(text).map(cleanUp),
  },
  { name: 'Yi', checkpoint: 'test/golden/internvl-chat-v1-2/checkpoint', returned: withoutFirstBlank },
  { name: 'slow Qwen2', checkpoint: 'test/golden/internvl2_5-4b/checkpoint', returned: composed },
  { name: 'fast Qwen2', checkpoint: 'test/golden/internvl3-hf-qwen2/checkpoint', returned: composed },
];

const anyText = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc
      .array(fc.constantFrom(...SPELLINGS, ' ', '\n', 'a', 'e\u0301', '\u0301\u0316', " ' ", ' .'), {
        maxLength: 20,
      })
      .map((parts) => parts.join('')),
  )
  .filter((text) => !text.includes(META_BLANK));
const piece = (text: string): PromptPiece => ({ kind: 'text', text });

describe.each(FORMS)('any text of a $name tokenizer', ({ checkpoint, returned }) => {
  let tokenizer: Tokenizer;
  let bosCount: number;
  beforeAll(async () => {
    tokenizer = await loadTokenizer(fileURLToPath(new URL(`../../../../${checkpoint}`, import.meta.url)));
    bosCount = tokenizer.encodePieces([]).length;
  });
  const decode = (ids: readonly number[]): string => tokenizer.decode(ids, { skipSpecialTokens: true });

  it('comes back from its tokens as the reference leaves it', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const back = decode(tokenizer.encodePieces([piece(text)]));
        expect(returned(text)).toContain(back);
      }),
      { numRuns: 500 },
    );
  });

  it('becomes no control token', () => {
    const controlIds = SPELLINGS.map((spelling) => tokenizer.tokenId(spelling)).filter(
      (id, index) =>
        id !== undefined && SPELLINGS[index]?.startsWith('<') === true && SPELLINGS[index] !== '<',
    );
    expect(controlIds.length).toBeGreaterThan(5);
    fc.assert(
      fc.property(anyText, (text) => {
        const ids = tokenizer.encodePieces([piece(text)]).slice(bosCount);
        // <0x0A> is how the vocabulary writes the byte of a line break.
        const allowed = text.includes('\n') ? tokenizer.tokenId('<0x0A>') : undefined;
        expect(ids.filter((id) => controlIds.includes(id) && id !== allowed)).toEqual([]);
      }),
      { numRuns: 500 },
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

  it('is streamed as it is decoded, from any ids, with no half characters on the way', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(750), { maxLength: 60 }), (ids) => {
        const stream = tokenizer.createTextStream();
        const parts = [...ids.map((id) => stream.push(id)), stream.end()];
        expect(parts.join('')).toBe(decode(ids));
        for (const part of parts) expect(part).not.toMatch(/\p{Surrogate}/u);
      }),
      { numRuns: 500 },
    );
  });
});
