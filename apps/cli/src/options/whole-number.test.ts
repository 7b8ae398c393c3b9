import { describe, expect, it } from 'vitest';
import { decimalNumber } from './decimal-number.js';
import { serviceUrl } from './service-url.js';
import { wholeNumber } from './whole-number.js';

describe('wholeNumber', () => {
  it('takes both limits', () => {
    expect([wholeNumber(1, 40)('1'), wholeNumber(1, 40)('40')]).toEqual([1, 40]);
  });

  it.each(['0', '41', '-1', '1.5', '1e1', '0x10', '', ' ', 'many', '1_0', '9'.repeat(400)])(
    'refuses %j, naming the rule',
    (text) => {
      expect(() => wholeNumber(1, 40)(text)).toThrow('a whole number from 1 to 40');
    },
  );
});

describe('decimalNumber', () => {
  it.each(['0', '2', '0.7', '.5', '1.', '00.25'])('takes %j', (text) => {
    expect(decimalNumber(0, 2)(text)).toBe(Number(text));
  });

  it.each(['2.1', '-0.5', '1e-1', '', '.', ' 1', 'hot', '0,5', 'NaN', 'Infinity'])('refuses %j', (text) => {
    expect(() => decimalNumber(0, 2)(text)).toThrow('a number from 0 to 2');
  });
});

describe('serviceUrl', () => {
  it('takes an address with and without a path', () => {
    expect(serviceUrl('http://127.0.0.1:8080/')).toBe('http://127.0.0.1:8080');
    expect(serviceUrl('https://example.test/tessera/')).toBe('https://example.test/tessera');
  });

  it.each(['127.0.0.1:8080', 'ftp://example.test', 'tessera', ''])('refuses %j', (text) => {
    expect(() => serviceUrl(text)).toThrow('an http or https URL');
  });
});
