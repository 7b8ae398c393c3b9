import { describe, expect, it } from 'vitest';
import { formOfName, isOfForm, stemOf } from './forms.js';

describe('formOfName', () => {
  it.each([
    ['a.JPG', 'images'],
    ['a.b.heif', 'images'],
    ['00017.tar', 'webdataset'],
    ['a.jsonl', 'jsonl'],
    ['a.ndjson.gz', 'jsonl'],
    ['a.csv.GZ', 'csv'],
    ['a.tsv', 'tsv'],
    ['a.txt.gz', 'text'],
    ['a.parquet', 'parquet'],
    ['a.parquet.gz', undefined],
    ['a.tar.gz', undefined],
    ['a.jpg.gz', undefined],
    ['a.gz', undefined],
    ['jpg', undefined],
    ['README.md', undefined],
  ])('tells %s to be %s', (name, form) => {
    expect(formOfName(name)).toBe(form);
  });
});

it('knows what makes a folder an ImageFolder', () => {
  const names = [
    'metadata.jsonl',
    'train/metadata.csv',
    'metadata.parquet',
    'metadata.txt',
    'my-metadata.csv',
  ];
  expect(names.filter((name) => isOfForm(name, 'imagefolder'))).toEqual(names.slice(0, 3));
});

it('takes both extensions off', () => {
  expect(['a/b.csv.gz', 'a/00017.tar', 'a.b/c'].map(stemOf)).toEqual(['a/b', 'a/00017', 'a.b/c']);
});
