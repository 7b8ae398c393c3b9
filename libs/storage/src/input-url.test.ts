import { describe, expect, it } from 'vitest';
import { InputBucketNotAllowedError, InputUrlInvalidError } from './input-errors.js';
import { checkInputUrl, type InputRules } from './input-url.js';

const service = { pathStyle: true };
const folder = { kind: 'folder', directory: '/srv/store' } as const;
const rules: InputRules = { buckets: ['cats', 'dogs'], store: folder };
const storeAt = (prefix: string): InputRules => ({
  ...rules,
  store: { kind: 's3', bucket: 'cats', prefix, service },
});

describe('checkInputUrl', () => {
  it.each([
    ['s3://cats/a.png', 'cats', 'a.png'],
    ['S3://dogs/2024/big dog.png', 'dogs', '2024/big dog.png'],
    ['s3://cats/ä%20b?c#d', 'cats', 'ä%20b?c#d'],
    ['s3://cats//a', 'cats', '/a'],
    [`s3://cats/${'a'.repeat(1024)}`, 'cats', 'a'.repeat(1024)],
  ])('takes %s apart, the key as it is', (url, bucket, key) => {
    expect(checkInputUrl(url, rules)).toEqual({ bucket, key });
  });

  it.each([
    's3:',
    's3://',
    's3://cats',
    's3://cats/',
    's3:///a.png',
    's3:cats/a.png',
    'http://cats/a.png',
    's3://cats/../dogs/a.png',
    's3://cats/a/./b',
    's3://cats/a/..',
    's3://cats/a\nb',
    's3://cats/a\0',
    `s3://cats/${'ä'.repeat(513)}`,
  ])('refuses %j as malformed', (url) => {
    expect(() => checkInputUrl(url, rules)).toThrow(InputUrlInvalidError);
  });

  it.each(['s3://birds/a.png', 's3://CATS/a.png', 's3://cats.evil/a.png', 's3://ca/ts/a.png'])(
    'refuses %s, naming the setting',
    (url) => {
      expect(() => checkInputUrl(url, rules)).toThrow(InputBucketNotAllowedError);
      expect(() => checkInputUrl(url, rules)).toThrow('TESSERA_INPUT_BUCKETS does not list this bucket');
    },
  );

  it('refuses what the service keeps itself, even in a bucket that is allowed', () => {
    expect(() => checkInputUrl('s3://cats/tessera/jobs/a', storeAt('tessera'))).toThrow(
      InputBucketNotAllowedError,
    );
    expect(() => checkInputUrl('s3://cats/a.png', storeAt(''))).toThrow(InputBucketNotAllowedError);
    expect(checkInputUrl('s3://cats/tessera2/a.png', storeAt('tessera')).key).toBe('tessera2/a.png');
    expect(checkInputUrl('s3://dogs/tessera/a.png', storeAt('tessera')).bucket).toBe('dogs');
  });

  it('allows any bucket where the user is the operator, but for what the service keeps itself', () => {
    const own = { ...storeAt('tessera'), buckets: 'any' } as const;
    expect(checkInputUrl('s3://birds/a.png', own)).toEqual({ bucket: 'birds', key: 'a.png' });
    expect(() => checkInputUrl('s3://cats/tessera/a', own)).toThrow(
      'the service keeps its own objects there',
    );
  });
});
