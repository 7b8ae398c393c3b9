import { describe, expect, it } from 'vitest';
import { InvalidJsonError, InvalidRequestError } from '../errors/request.errors.js';
import { parseJsonBody } from './parse-json-body.js';

describe('parseJsonBody', () => {
  it('parses JSON and takes an empty body as none', () => {
    expect(parseJsonBody(Buffer.from('{"a":[1,"ü"]}'))).toEqual({ a: [1, 'ü'] });
    expect(parseJsonBody(Buffer.alloc(0))).toBeUndefined();
  });

  it.each([
    ['text that is no JSON', Buffer.from('{"a":')],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['a __proto__ key', Buffer.from('{"__proto__":{"admin":true}}')],
    ['an escaped __proto__ key', Buffer.from('{"\\u005f_proto__":{"admin":true}}')],
    ['a constructor with a prototype', Buffer.from('{"constructor":{"prototype":{"admin":true}}}')],
  ])('refuses %s', (_case, bytes) => {
    expect(() => parseJsonBody(bytes)).toThrow(InvalidJsonError);
  });

  it('refuses deep nesting before it is parsed', () => {
    expect(() => parseJsonBody(Buffer.from('['.repeat(1_000_000)))).toThrow(InvalidRequestError);
  });
});
