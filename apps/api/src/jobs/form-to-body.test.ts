import { describe, expect, it } from 'vitest';
import { formToBody } from './form-to-body.js';

const image = { bytes: new Uint8Array([1]), mediaType: 'image/png' };
const form = (fields: Record<string, unknown>, imageCount = 0) => ({
  fields: Object.entries(fields).map(([name, value]) => ({ name, value })),
  images: Array.from({ length: imageCount }, () => image),
  partsSha256: '',
});

describe('formToBody', () => {
  it('takes texts as they are and reads everything else as JSON', () => {
    expect(formToBody(form({ question: '5', max_tokens: '5', metadata: '{"a":"b"}' }))).toEqual({
      question: '5',
      max_tokens: 5,
      metadata: { a: 'b' },
    });
  });

  it('puts uploads before the images of the short form', () => {
    const { images } = formToBody(form({ question: 'q', images: '["https://a.test/"]' }, 2));
    expect(images).toEqual(['upload:0', 'upload:1', 'https://a.test/']);
  });

  it('leaves it to messages to name uploads', () => {
    expect(formToBody(form({ messages: '[]' }, 1))).toEqual({ messages: [] });
  });

  it('keeps a part that the client itself declared JSON', () => {
    expect(formToBody(form({ metadata: { a: 'b' } }))).toEqual({ metadata: { a: 'b' } });
  });

  it('refuses what is no JSON, naming the field', () => {
    expect(() => formToBody(form({ max_tokens: 'many' }))).toThrow(/max_tokens.*JSON/);
  });

  it('refuses a field that is given twice', () => {
    const twice = { name: 'question', value: 'q' };
    expect(() => formToBody({ fields: [twice, twice], images: [], partsSha256: '' })).toThrow(
      /more than once/,
    );
  });
});
