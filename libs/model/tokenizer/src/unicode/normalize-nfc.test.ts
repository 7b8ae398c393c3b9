import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pace, runToEnd } from '../stepwise.js';
import { fewestNormalizedCharacters, normalizeNfc } from './normalize-nfc.js';

fc.configureGlobal({ seed: 20_261_125 });

const nfc = (text: string): string => runToEnd(normalizeNfc(text, new Pace()));
/** Marks of many combining classes, a starter among them, marks that decompose, and what they go on. */
const MARKS = [
  ...'\u0301\u0316\u0327\u0334\u0345\u0338\u05b0\u094d\u3099\u0344\u0340\u0f71\u0f73\u20dd\u1dce',
];
const OTHERS = [...'ae<>K\u00e9\u1100\u1161\u11a8\uac00\u0958\u212b\u1f82 ', '😀', '\u{1d15e}', '\u{2f800}'];

const runsOfMarks = fc
  .array(
    fc.tuple(
      fc.constantFrom(...OTHERS),
      fc.array(fc.constantFrom(...MARKS), { minLength: 50, maxLength: 150 }),
    ),
    { maxLength: 3 },
  )
  .map((parts) => parts.map(([base, marks]) => base + marks.join('')).join(''));
const mixed = fc.string({ unit: fc.constantFrom(...MARKS, ...OTHERS), maxLength: 40 });

describe('NFC in steps', () => {
  it('is NFC, for long runs of marks too', () => {
    fc.assert(
      fc.property(fc.oneof(runsOfMarks, mixed, fc.string({ unit: 'binary' })), (text) => {
        expect(nfc(text)).toBe(text.normalize('NFC'));
      }),
      { numRuns: 1_500 },
    );
  });

  it('is NFC where a long text is cut', () => {
    for (const unit of [
      'e\u0301',
      '\u1100\u1161\u11a8',
      '\uac00\u11a8',
      'か\u3099',
      '描',
      '😀',
      'a\u0301 b',
      '<\u0338',
    ]) {
      const text = unit.repeat(100_000);
      expect(nfc(text) === text.normalize('NFC')).toBe(true);
    }
  });

  it('puts 400,000 marks in order, for which ICU alone would take minutes', () => {
    const marks = 200_000;
    const ordered = `q${'\u0316'.repeat(marks)}${'\u0301'.repeat(marks)}`;
    expect(nfc(`q${'\u0301\u0316'.repeat(marks)}`) === ordered).toBe(true);
  });

  it('is no shorter than told beforehand', () => {
    const longest = '\u1f82\u0390\uac01\u1fa7'.normalize('NFD');
    for (const text of ['', 'plain', longest, 'e\u0301', '\u1100\u1161\u11a8', '😀\u0301']) {
      expect(fewestNormalizedCharacters(text)).toBeLessThanOrEqual(text.normalize('NFC').length);
    }
  });
});
