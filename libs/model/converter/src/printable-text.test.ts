import { describe, expect, it } from 'vitest';
import { toPrintableLine } from './printable-text.js';

describe('a printable line', () => {
  it('is a text as it was where that is one', () => {
    expect(toPrintableLine('tensor é 漢字 🐈 in /a b/c')).toBe('tensor é 漢字 🐈 in /a b/c');
  });

  it('has escapes in place of what moves a cursor or turns the direction', () => {
    expect(toPrintableLine('a\nb\u001b[2J\u202ec\u2028\ud800')).toBe(
      'a\\u{a}b\\u{1b}[2J\\u{202e}c\\u{2028}\\u{d800}',
    );
  });

  it.each(['x'.repeat(5_000), '\n'.repeat(900)])('ends after a thousand characters', (text) => {
    const line = toPrintableLine(text);
    expect(line).toHaveLength(1_000);
    expect(line.endsWith('…')).toBe(true);
  });
});
