import { Readable } from 'node:stream';
import { type Dispatcher } from 'undici';
import { describe, expect, it } from 'vitest';
import { HttpAnswer } from './http-answer.js';

function answerWith(headers: Record<string, string>): HttpAnswer {
  const response = { statusCode: 429, headers, body: Readable.from([]) };
  // As far as these tests read it, this is an answer.
  return new HttpAnswer(
    new URL('https://hub.example/a/b?signature=s3cret'),
    response as unknown as Dispatcher.ResponseData,
  );
}

describe('HttpAnswer', () => {
  it.each([
    ['seconds', '120', 120_000],
    ['a date', 'Wed, 21 Oct 2026 07:28:30 GMT', 30_000],
    ['a date that has passed', 'Wed, 21 Oct 2026 07:27:00 GMT', 0],
    ['neither', 'soon', undefined],
    ['nothing', '', undefined],
  ])('reads a Retry-After of %s', (_, text, expected) => {
    const now = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT');
    expect(answerWith({ 'retry-after': text }).retryAfterMs(now)).toBe(expected);
  });

  it('gives its address without the signature', () => {
    expect(answerWith({}).address).toBe('https://hub.example/a/b');
  });

  it('gives the reason of a refusal without what a terminal would obey', () => {
    const { reason } = answerWith({ 'x-error-message': `\u001B[31mno\u0007 ${'x'.repeat(500)}` });
    expect(reason).toMatch(/^ \[31mno {2}x{191}$/);
  });
});
