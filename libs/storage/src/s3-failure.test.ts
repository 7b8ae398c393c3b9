import { describe, expect, it } from 'vitest';
import { explainS3Failure, isMissingObject, isRefusal } from './s3-failure.js';

const failure = (name: string, status?: number, message = 'said by S3') =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
const systemError = (code: string) => Object.assign(new Error(`connect ${code} 10.0.0.1:9000`), { code });

describe('explainS3Failure', () => {
  it.each([
    [failure('NoSuchBucket', 404), 'there is no such bucket'],
    [failure('AccessDenied', 403), 's3:PutObject'],
    [failure('UnknownError', 403, 'UnknownError'), 'access is denied'],
    [failure('SignatureDoesNotMatch', 403), 'AWS_SECRET_ACCESS_KEY'],
    [failure('CredentialsProviderError'), 'no AWS credentials were found'],
    [failure('PermanentRedirect', 301), 'TESSERA_S3_REGION'],
    [failure('Error', undefined, 'Region is missing'), 'TESSERA_S3_REGION'],
    [failure('TimeoutError'), 'no answer in time'],
    [systemError('ECONNREFUSED'), 'TESSERA_S3_ENDPOINT'],
    [systemError('ENOTFOUND'), 'its host name is not known'],
  ])('says of %s what may be done', (error, remedy) => {
    expect(explainS3Failure(error)).toContain(remedy);
  });

  it('gives what S3 said, also where nothing more is known', () => {
    expect(explainS3Failure(failure('AccessDenied', 403))).toContain('(said by S3)');
    expect(explainS3Failure(failure('SlowDown', 503))).toBe('said by S3');
    expect(explainS3Failure('broken')).toBe('broken');
  });
});

describe('isRefusal', () => {
  it.each([
    [403, true],
    [404, true],
    [408, false],
    [409, false],
    [429, false],
    [500, false],
    [503, false],
    [undefined, false],
  ])('takes status %s for final: %s', (status, expected) => {
    expect(isRefusal(failure('Error', status))).toBe(expected);
  });
});

describe('isMissingObject', () => {
  it('is about an object, not about its bucket', () => {
    expect(isMissingObject(failure('NoSuchKey', 404))).toBe(true);
    expect(isMissingObject(failure('NotFound', 404))).toBe(true);
    expect(isMissingObject(failure('NoSuchBucket', 404))).toBe(false);
  });
});
