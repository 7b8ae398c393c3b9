import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KeySet } from './key-set.js';

describe('KeySet', () => {
  it('leaves a key as it is, and gives one that is taken the number of its record', () => {
    const keys = new KeySet();
    const given = ['a', 'b', 'a', 'a', 'a#3', 'a#3'].map((key, number) => keys.unique(key, number));
    expect(given).toEqual(['a', 'b', 'a#2', 'a#3', 'a#3#4', 'a#3#5']);
  });

  it('never gives a key twice, and gives the same at every reading', () => {
    const name = fc.stringMatching(/^[ab](#[0-9])?$/);
    fc.assert(
      fc.property(fc.array(name, { maxLength: 40 }), (names) => {
        const read = () => {
          const keys = new KeySet();
          return names.map((key, number) => keys.unique(key, number));
        };
        const given = read();
        expect(new Set(given).size).toBe(names.length);
        expect(read()).toEqual(given);
      }),
    );
  });

  it('grows', () => {
    const keys = new KeySet();
    for (let number = 0; number < 20_000; number += 1)
      expect(keys.unique(`k${number}`, number)).toBe(`k${number}`);
    expect(keys.unique('k19999', 20_000)).toBe('k19999#20000');
  });
});
