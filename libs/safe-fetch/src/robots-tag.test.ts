import { describe, expect, it } from 'vitest';
import { productToken, refusingDirective } from './robots-tag.js';

const rules = {
  refusedDirectives: ['noai', 'noimageai', 'noindex', 'noimageindex'],
  agents: ['tessera', 'mylab'],
};

describe('refusingDirective', () => {
  it.each([
    ['noai', 'noai'],
    ['noimageai', 'noimageai'],
    ['noindex', 'noindex'],
    ['noimageindex', 'noimageindex'],
    ['NoAI', 'noai'],
    ['  noai  ', 'noai'],
    ['none', 'none'],
    ['nofollow, noimageai', 'noimageai'],
    ['nofollow,noimageai,', 'noimageai'],
    ['tessera: noai', 'noai'],
    ['Tessera:noai', 'noai'],
    ['tessera : nofollow , noai', 'noai'],
    ['mylab: noai', 'noai'],
    ['*: noai', 'noai'],
    [': noai', 'noai'],
    ['googlebot: nofollow, tessera: noindex', 'noindex'],
    ['noindex, googlebot: all', 'noindex'],
    ['unavailable_after: 25 Jun 2010 15:00:00 PST, noai', 'noai'],
    ['noai, unavailable_after: 25 Jun 2010 15:00:00 PST', 'noai'],
    ['max-snippet: 20, max-image-preview: large, noimageindex', 'noimageindex'],
    ['unavailable_after: Friday, 25-Jun-10 15:00:00 GMT, noai', 'noai'],
  ])('sees the refusal in "%s"', (header, directive) => {
    expect(refusingDirective(header, rules)).toBe(directive);
  });

  it.each([
    '',
    'all',
    'nofollow, noarchive',
    'index, follow',
    'noaix',
    'googlebot: noindex',
    'googlebot: nofollow, noindex',
    'tessera: all, googlebot: noai',
    'max-image-preview: none',
    'unavailable_after: 25 Jun 2010 15:00:00 PST',
  ])('sees none in "%s"', (header) => {
    expect(refusingDirective(header, rules)).toBeUndefined();
  });

  it('reads every one of repeated headers, each by itself', () => {
    expect(refusingDirective(['nofollow', 'noimageai'], rules)).toBe('noimageai');
    expect(refusingDirective(['googlebot: nofollow', 'noai'], rules)).toBe('noai');
    expect(refusingDirective(['googlebot: noai', 'nofollow'], rules)).toBeUndefined();
    expect(refusingDirective(undefined, rules)).toBeUndefined();
  });

  it('heeds the chosen directives alone', () => {
    const chosen = { ...rules, refusedDirectives: ['noai'] };
    expect(refusingDirective('noindex, none', chosen)).toBeUndefined();
    expect(refusingDirective('noindex, noai', chosen)).toBe('noai');
    expect(refusingDirective('noai', { ...rules, refusedDirectives: [] })).toBeUndefined();
  });
});

describe('productToken', () => {
  it.each([
    ['Tessera', 'tessera'],
    ['MyLab/1.2 (+https://lab.example/bot)', 'mylab'],
    ['MyLab (+mailto:bot@lab.example)', 'mylab'],
    ['MyLab(contact)', 'mylab'],
  ])('is the name in %s', (userAgent, token) => {
    expect(productToken(userAgent)).toBe(token);
  });
});
