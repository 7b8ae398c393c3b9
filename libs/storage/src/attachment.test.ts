import { describe, expect, it } from 'vitest';
import { attachment } from './attachment.js';

describe('attachment', () => {
  it.each([
    ['a plain name', 'out.jsonl', 'out.jsonl'],
    ['letters beyond ASCII', 'Bücher.jsonl', 'B%C3%BCcher.jsonl'],
    ['what would end the header or the name', 'a"; b\r\nX: y', 'a%22%3B%20b%0D%0AX%3A%20y'],
    ['signs that only this form reserves', "it's (1)*", 'it%27s%20%281%29%2A'],
    ['half a surrogate pair', 'a\ud800', 'a%EF%BF%BD'],
  ])('encodes %s', (_, fileName, encoded) => {
    expect(attachment(fileName)).toBe(`attachment; filename*=UTF-8''${encoded}`);
  });
});
