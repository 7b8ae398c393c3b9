import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanUp, TextCleaner } from './clean-up.js';

fc.configureGlobal({ seed: 20_261_125 });

const PARTS = [
  ' ',
  '  ',
  "'",
  'n',
  't',
  "n't",
  's',
  've',
  'v',
  'e',
  're',
  'm',
  '.',
  ',',
  '?',
  '!',
  'a',
  'in',
  'é',
  '',
];

describe('text that is cleaned as it comes', () => {
  it('is the cleaned whole', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PARTS), { maxLength: 25 }), (parts) => {
        const cleaner = new TextCleaner();
        const text = parts.map((part) => cleaner.push(part)).join('') + cleaner.end();
        expect(text).toBe(cleanUp(parts.join('')));
      }),
      { numRuns: 5_000 },
    );
  });

  it('holds back no more than the blank and the letters that a replacement begins with', () => {
    const cleaner = new TextCleaner();
    expect(['a', ' red', ' circle', ' .', ' it', " '", 's'].map((part) => cleaner.push(part))).toEqual([
      'a',
      ' red',
      ' circle',
      '.',
      ' it',
      '',
      "'s",
    ]);
    expect(cleaner.end()).toBe('');
  });
});
