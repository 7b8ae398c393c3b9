import { describe, expect, it } from 'vitest';
import { StopStrings } from './stop-strings.js';

/** What comes out for each piece, and in all. */
function cut(pieces: readonly string[], strings: readonly string[]): { shown: string[]; found: boolean } {
  const stop = new StopStrings(strings);
  const shown = pieces.map((piece) => stop.push(piece));
  if (!stop.isFound) shown.push(stop.end());
  return { shown, found: stop.isFound };
}

/** Every way to cut a text in pieces, or a fixed number of them for long ones. */
function splits(text: string): string[][] {
  const borders = Math.max(0, text.length - 1);
  return Array.from({ length: 2 ** borders }, (_, mask) => {
    const pieces = [''];
    for (const [index, character] of Array.from(text).entries()) {
      if (index > 0 && (mask >> (index - 1)) & 1) pieces.push('');
      pieces[pieces.length - 1] += character;
    }
    return pieces;
  });
}

describe('StopStrings', () => {
  it.each([
    { text: 'one END two', strings: ['END'], before: 'one ' },
    { text: 'aaab', strings: ['aab'], before: 'a' },
    { text: 'abcabd!', strings: ['abd'], before: 'abc' },
    { text: 'xabcd', strings: ['bcd', 'c'], before: 'xab' },
    { text: 'xabcd', strings: ['cd', 'abcd', 'd'], before: 'x' },
    { text: 'stop', strings: ['stop'], before: '' },
    { text: 'a\n\nb', strings: ['\n\n', '\n'], before: 'a' },
    { text: 'ababab', strings: ['abac', 'babb'], before: undefined },
    { text: 'nothing', strings: ['thing!'], before: undefined },
    { text: 'nothing', strings: [], before: undefined },
  ])('cuts $text at $strings wherever the pieces end', ({ text, strings, before }) => {
    for (const pieces of splits(text)) {
      const { shown, found } = cut(pieces, strings);
      expect([shown.join(''), found]).toEqual([before ?? text, before !== undefined]);
    }
  });

  it('holds back only what may still become a stop string', () => {
    expect(cut(['He', 'llo E', 'N', 'core ', 'EN', 'D', 'x'], ['END']).shown).toEqual([
      'He',
      'llo ',
      '',
      'ENcore ',
      '',
      '',
      '',
    ]);
    expect(cut(['12E', 'N'], ['END']).shown).toEqual(['12', '', 'EN']);
  });

  it('never ends a piece inside a character', () => {
    const text = 'so \u{1f9ea}\u{1f9eb}\u{1f9ea}\u{1f9ec} it';
    for (const strings of [['\u{1f9ea}\u{1f9ec}'], ['\u{1f9eb}x'], ['\u{1f9ea}\u{1f9eb}\u{1f9eb}']]) {
      const { shown } = cut(Array.from(text), strings);
      expect(shown.filter((piece) => /\p{Surrogate}/u.test(piece))).toEqual([]);
    }
  });
});
