import { describe, expect, it } from 'vitest';
import { FinishedImages } from './finished-images.js';
import { type ExistingRow } from './row-text.js';

const identity = { prompt: 'q', model: { id: 'm', revision: 'r' } };
const row = (changes: Partial<ExistingRow> = {}): ExistingRow => ({
  key: 'a',
  prompt: 'q',
  status: 'completed',
  model: 'm',
  model_revision: 'r',
  ...changes,
});

function finished(rows: ExistingRow[], retryFailed = false): boolean {
  const images = new FinishedImages(identity, { retryFailed });
  for (const each of rows) images.add(each);
  return images.has('a');
}

describe('FinishedImages', () => {
  it('holds images with a row of the same prompt, model and revision', () => {
    expect(finished([row()])).toBe(true);
    expect(finished([row({ key: 'b' })])).toBe(false);
    expect(finished([row({ prompt: 'other' })])).toBe(false);
    expect(finished([row({ model: 'other' })])).toBe(false);
    expect(finished([row({ model_revision: 'other' })])).toBe(false);
  });

  it('holds failed images unless they are to be retried', () => {
    expect(finished([row({ status: 'failed' })])).toBe(true);
    expect(finished([row({ status: 'failed' })], true)).toBe(false);
  });

  it('goes by the newest row of an image', () => {
    expect(finished([row({ status: 'failed' }), row()], true)).toBe(true);
    expect(finished([row(), row({ status: 'failed' })], true)).toBe(false);
    expect(finished([row(), row({ status: 'failed', prompt: 'other' })], true)).toBe(true);
  });
});
