import { describe, expect, it } from 'vitest';
import type { FilePlace } from '../../source.js';
import { imageReference } from './image-reference.js';

const local: FilePlace = { kind: 'file', path: '/data/lists/a.csv' };
const remote: FilePlace = { kind: 's3', bucket: 'cats', key: 'lists/a.csv' };
const read = (text: string, list: FilePlace, allowLocalFiles = true) =>
  imageReference(text, { list, allowLocalFiles });
const missing = (code: string) => expect.objectContaining({ kind: 'missing', code }) as unknown;

describe('imageReference', () => {
  it.each([
    ['a/1.jpg', local, { kind: 'file', path: '/data/lists/a/1.jpg' }],
    ['../1.jpg', local, { kind: 'file', path: '/data/1.jpg' }],
    ['/x/1.jpg', local, { kind: 'file', path: '/x/1.jpg' }],
    ['/x/1.jpg', remote, { kind: 'file', path: '/x/1.jpg' }],
    ['file:///x/a%20b.jpg', remote, { kind: 'file', path: '/x/a b.jpg' }],
    ['a/1.jpg', remote, { kind: 's3', bucket: 'cats', key: 'lists/a/1.jpg' }],
    ['../1.jpg', remote, { kind: 's3', bucket: 'cats', key: '1.jpg' }],
    ['s3://dogs/a b?.jpg', local, { kind: 's3', bucket: 'dogs', key: 'a b?.jpg' }],
    ['HTTPS://x/1.jpg', local, { kind: 'url', url: 'HTTPS://x/1.jpg' }],
    ['c:1.jpg', local, { kind: 'file', path: '/data/lists/c:1.jpg' }],
  ])('takes %s in the list of %j for %j', (text, list, place) => {
    expect(read(text, list)).toEqual(place);
  });

  it('refuses schemes that are not read, and keys outside of a bucket', () => {
    expect(read('ftp://x/1.jpg', local)).toEqual(missing('image_url_invalid'));
    expect(read('../../1.jpg', remote)).toEqual(missing('image_url_invalid'));
    expect(read('file://host/1.jpg', local)).toEqual(missing('image_url_invalid'));
  });

  it('gives no file of the machine itself where they may not be read', () => {
    for (const text of ['/etc/passwd', 'file:///etc/passwd']) {
      expect(read(text, remote, false)).toEqual(missing('url_not_allowed'));
    }
    expect(read('1.jpg', remote, false)).toMatchObject({ kind: 's3' });
    expect(read('1.jpg', local, false)).toEqual(missing('url_not_allowed'));
  });
});
