import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SourceRecord } from '../source.js';
import { fillPrompt } from './fill-prompt.js';
import { parsePrompt } from './parse-prompt.js';
import { shapeCaption } from './shape-caption.js';

const record: SourceRecord = {
  key: 'k',
  path: 'cats/tabby.1.jpg',
  image: { kind: 'file', path: '/data/cats/tabby.1.jpg' },
  columns: { title: 'A cat', n: 3, tags: ['x', 'y'], flag: false, none: null, odd: '{name} }}', empty: '' },
};
const fill = (text: string, from: SourceRecord = record) => fillPrompt(parsePrompt(text), from);
const at = (image: SourceRecord['image'], path = '') => fill('{folder}/{name}', { ...record, image, path });

describe('a prompt', () => {
  it.each([
    ['Describe.', 'Describe.'],
    ['{column:title} ({col:n}) of {folder}: {name}?', 'A cat (3) of cats: tabby.1?'],
    ['{column:tags} {column:flag}{column:empty}.', '["x","y"] false.'],
    ['{column:odd}', '{name} }}'],
    ['Answer as {{"caption": "…"}}.', 'Answer as {"caption": "…"}.'],
    ['{{{name}}} } {{name}}', '{tabby.1} } {name}'],
    ['', ''],
  ])('%s is filled', (text, expected) => {
    expect(fill(text)).toEqual({ kind: 'prompt', text: expected });
  });

  it.each([
    ['a {title}', 2, '{title} is unknown; known are {column:NAME}, {name} and {folder}'],
    ['{"a": 1}', 0, '{"a": 1} is unknown'],
    ['{column:}', 0, '{column:} is unknown'],
    ['{Name}', 0, 'is unknown'],
    ['ab {{ {name', 6, 'nothing closes this brace; write {{ for a brace itself'],
  ])('%s is refused with the place', (text, position, reason) => {
    const parse = () => parsePrompt(text);
    expect(parse).toThrow(`the prompt is wrong at character ${position + 1}: `);
    expect(parse).toThrow(reason);
    expect(parse).toThrow(expect.objectContaining({ position, code: 'invalid_value' }));
  });

  it('whose column is missing or empty makes the error of its row', () => {
    expect(fill('{column:none}')).toEqual({
      kind: 'missing',
      code: 'missing_required_parameter',
      message: 'the prompt names the column none, which is empty in this row',
    });
    for (const name of ['Title', 'toString', '__proto__']) {
      expect(fill(`{column:${name}}`)).toMatchObject({
        message: `the prompt names the column ${name}, which this row does not have; its columns: title, n, tags, flag, none, odd, empty`,
      });
    }
    expect(fill('{column:x}', { ...record, columns: {} })).toMatchObject({
      message: 'the prompt names the column x, which this row does not have; it has no columns',
    });
  });

  it('has name and folder of the image wherever it is', () => {
    const text = (filled: string) => ({ kind: 'prompt', text: filled });
    expect(at({ kind: 's3', bucket: 'b', key: 'a.jpg' })).toEqual(text('b/a'));
    expect(at({ kind: 's3', bucket: 'b', key: 'c/d/a.jpg' })).toEqual(text('d/a'));
    expect(at({ kind: 'url', url: 'https://x.org/p/big%20cat.jpg?w=1#2' })).toEqual(text('p/big cat'));
    expect(at({ kind: 'url', url: 'https://x.org/p/100%.jpg' })).toEqual(text('p/100%'));
    const part = {
      kind: 'part',
      of: { kind: 'file', path: '/d/0.tar' },
      offsetBytes: 0,
      lengthBytes: 1,
    } as const;
    expect(at(part, '0.tar/c/17.jpg')).toEqual(text('c/17'));
    expect(at({ kind: 'bytes', bytes: new Uint8Array() }, 'c/17.jpg')).toEqual(text('c/17'));
    expect(at({ kind: 'bytes', bytes: new Uint8Array() })).toMatchObject({
      kind: 'missing',
      message: 'the prompt names {folder}, and k has none',
    });
  });

  it('says any text when its braces are doubled', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '{', '}', ':', 'name', ' ') }), (text) => {
        expect(fill(text.replace(/[{}]/g, '$&$&'))).toEqual({ kind: 'prompt', text });
      }),
    );
  });
});

it('a caption is put between two texts as they are', () => {
  expect(shapeCaption('a cat', {})).toBe('a cat');
  expect(shapeCaption('a cat', { prepend: 'photo of ', append: ', 4k' })).toBe('photo of a cat, 4k');
});
