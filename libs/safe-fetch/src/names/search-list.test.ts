import { describe, expect, it } from 'vitest';
import { fullNames, parseSearchList } from './search-list.js';

describe('parseSearchList', () => {
  it.each([
    ['nothing', '', [], 1],
    ['only servers', 'nameserver 192.0.2.53\n# search no.example\n', [], 1],
    ['domains', 'search a.example b.example.\n', ['a.example', 'b.example'], 1],
    ['the last list', 'search a.example\ndomain b.example\n', ['b.example'], 1],
    ['the root alone', 'search .\n', [], 1],
    ['a number of dots', 'options timeout:1 ndots:5\noptions edns0\n', [], 5],
    ['too large a number of dots', 'options ndots:99\n', [], 15],
  ])('reads %s', (_, text, domains, minDots) => {
    expect(parseSearchList(text)).toEqual({ domains, minDots });
  });
});

describe('fullNames', () => {
  const domains = ['x.example', 'y.example'];

  it.each([
    ['a.b', 1, ['a.b', 'a.b.x.example', 'a.b.y.example']],
    ['a.b', 2, ['a.b.x.example', 'a.b.y.example', 'a.b']],
    ['a.b.', 2, ['a.b.']],
  ])('of %s, where a full name has %i dots', (name, minDots, expected) => {
    expect(fullNames(name, { domains, minDots })).toEqual(expected);
  });
});
