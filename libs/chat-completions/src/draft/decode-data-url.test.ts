import { describe, expect, it } from 'vitest';
import { decodeDataUrl } from './decode-data-url.js';

const decode = (text: string, maxBytes = 1_000) =>
  Array.from(decodeDataUrl(`data:image/png;base64,${text}`, 'images.0', maxBytes));

describe('decodeDataUrl', () => {
  it.each([1, 2, 3, 4])('gives %i bytes back, padded or not, in either alphabet', (byteCount) => {
    const bytes = Buffer.alloc(byteCount, 0xfb);
    const padded = bytes.toString('base64');
    for (const text of [padded, padded.replace(/=+$/, ''), bytes.toString('base64url')]) {
      expect(decode(text)).toEqual(Array.from(bytes));
    }
  });

  it.each(['data:image/svg+xml;base64,QUJD', 'data:;base64,QUJD', 'DATA:image/png;name=a.png;BASE64,QUJD'])(
    'takes the header of %s',
    (url) => {
      expect(Array.from(decodeDataUrl(url, 'images.0', 3))).toEqual([65, 66, 67]);
    },
  );

  it.each([
    ['a blank', 'QUJD QUJD'],
    ['a line break', 'QUJD\nQUJD'],
    ['a letter beyond ASCII whose low byte is one', 'QUJ\u0141'],
    ['padding in the middle', 'QQ==QUJD'],
    ['too much padding', 'QQ==='],
    ['a digit that stands alone', 'QUJDQ'],
    ['an escape', 'QUJD%3D'],
  ])('refuses %s', (_case, text) => {
    expect(() => decode(text)).toThrow(/images\.0.*base64/);
  });

  it('counts the bytes before it decodes, and names limit and size', () => {
    const text = Buffer.alloc(100).toString('base64');
    expect(decode(text, 100)).toHaveLength(100);
    expect(() => decode(text, 99)).toThrow('images.0: an image may have at most 99 bytes, given 100');
  });
});
