import { describe, expect, it } from 'vitest';
import { retryAfterMs } from './response.js';

const nowMs = Date.parse('Wed, 21 Oct 2026 07:28:00 GMT');

describe('retryAfterMs', () => {
  it.each([
    ['seconds', '120', 120_000],
    ['zero', '0', 0],
    ['a date', 'Wed, 21 Oct 2026 07:28:30 GMT', 30_000],
    ['a date that is past', 'Wed, 21 Oct 2026 07:00:00 GMT', 0],
    ['neither', 'soon', undefined],
    ['nothing', '', undefined],
  ])('reads %s', (_, text, expected) => {
    expect(retryAfterMs({ headers: { 'retry-after': text } }, nowMs)).toBe(expected);
  });

  it('is undefined without the header', () => {
    expect(retryAfterMs({ headers: {} }, nowMs)).toBeUndefined();
  });
});
