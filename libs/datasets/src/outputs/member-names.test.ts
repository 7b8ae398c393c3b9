import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memberName } from './member-names.js';

describe('the place of a caption', () => {
  it.each([
    ['cat.jpg', '', 'cat'],
    ['a/b.c/cat.small.jpeg', 'a/b.c/', 'cat.small'],
    ['/data/cat', 'data/', 'cat'],
    ['a/../../b.png', 'a/__/__/', 'b'],
    ['https://h/i.php?id=1', 'h/', 'i.php?id=1'],
    ['.jpg', '', '.jpg'],
    ['', '', '_'],
  ])('of %j is %j, %j', (key, folder, stem) => {
    expect(memberName(key)).toEqual({ folder, stem });
  });

  it('is below its folder and short enough for a file system, whatever the key', () => {
    const segment = fc.oneof(fc.constantFrom('', '.', '..', 'é'.repeat(300)), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 6 }), (segments) => {
        const { folder, stem } = memberName(segments.join('/'));
        const parts = `${folder}${stem}`.split('/');
        expect(parts.filter((part) => ['', '.', '..'].includes(part) || part.includes('\0'))).toEqual([]);
        expect(Math.max(...parts.map((part) => Buffer.byteLength(part)))).toBeLessThanOrEqual(200);
        expect(Buffer.byteLength(`${folder}${stem}`)).toBeLessThanOrEqual(801);
      }),
    );
  });

  it('differs for long keys that begin alike', () => {
    const [left, right] = ['x', 'y'].map((end) => memberName(`${'é'.repeat(200)}${end}`).stem);
    expect(left).not.toBe(right);
  });
});
