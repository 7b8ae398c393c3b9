import { describe, expect, it } from 'vitest';
import { AddressRules } from './address-rules.js';
import { nextUrl } from './next-url.js';

const rules = new AddressRules([]);
const from = new URL('https://example.com/a/b?c');

describe('nextUrl', () => {
  it.each([
    ['/d', 'https://example.com/d'],
    ['d?e', 'https://example.com/a/d?e'],
    ['//example.org/d', 'https://example.org/d'],
    ['https://example.org/d', 'https://example.org/d'],
  ])('resolves %s against the URL it came from', (location, expected) => {
    expect(nextUrl(rules, from, location).href).toBe(expected);
  });

  it('goes from http to https', () => {
    expect(nextUrl(rules, new URL('http://example.com/'), 'https://example.com/').protocol).toBe('https:');
  });

  it.each([
    ['from https to http', 'http://example.org/', 'url_not_allowed'],
    ['to a private address', 'https://10.0.0.1/', 'url_not_allowed'],
    ['to another scheme', 'file:///etc/passwd', 'image_url_invalid'],
    ['with credentials', 'https://user:secret@example.org/', 'image_url_invalid'],
    ['to nonsense', 'https://', 'image_url_invalid'],
  ])('refuses a redirect %s', (_, location, code) => {
    expect(() => nextUrl(rules, from, location)).toThrow(expect.objectContaining({ code }) as Error);
  });
});
