import { stripText } from '@tessera/tokenizer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StrippedText } from './stripped-text.js';

describe('StrippedText', () => {
  it('lets through what stripText leaves of the whole, however it is cut', () => {
    const piece = fc.string({ unit: fc.constantFrom(' ', '\n', '\x85', '\ufeff', 'a', 'b'), maxLength: 4 });
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const stripped = new StrippedText();
        expect(pieces.map((each) => stripped.push(each)).join('')).toBe(stripText(pieces.join('')));
      }),
    );
  });
});
