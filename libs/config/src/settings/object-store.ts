import { z } from 'zod';
import { booleanText, listText, setting } from '../setting.js';

const group = 'Object store';
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const BUCKET_RULE = 'a bucket has 3 to 63 lower-case letters, digits, dots and hyphens';
const PREFIX_SEGMENT = /^[A-Za-z0-9._-]+$/;
const LONGEST_PREFIX = 200;

/** Where the object store is, as written: a folder's path still depends on the working directory. */
export type StorePlace = { kind: 'folder'; path: string } | { kind: 's3'; bucket: string; prefix: string };

const storeText = z.string().transform((text, context): StorePlace => {
  if (!/^s3:/i.test(text)) return { kind: 'folder', path: text };
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]*)\/?(.*?)\/?$/.exec(text) ?? [];
  const isPrefix = prefix === '' || prefix.split('/').every(isPrefixSegment);
  if (!BUCKET.test(bucket) || !isPrefix || prefix.length > LONGEST_PREFIX) {
    const rule =
      `must be a folder, s3://bucket or s3://bucket/prefix: ${BUCKET_RULE}, ` +
      `a prefix at most ${LONGEST_PREFIX} letters, digits, ".", "_" and "-" between slashes`;
    context.addIssue(rule);
    return z.NEVER;
  }
  return { kind: 's3', bucket, prefix };
});

function isPrefixSegment(segment: string): boolean {
  return PREFIX_SEGMENT.test(segment) && segment !== '.' && segment !== '..';
}

export const objectStoreSettings = {
  TESSERA_STORE: setting({
    group,
    description:
      'Object store for inputs, files and answers: a folder, or `s3://bucket/prefix` (the prefix may be left out).',
    default: '<data dir>/store',
    schema: storeText.optional(),
  }),
  TESSERA_INPUT_BUCKETS: setting({
    group,
    description:
      'S3 buckets, between commas, that `s3://bucket/key` image URLs may read, with the credentials of the worker.',
    default: '',
    schema: listText
      .refine((buckets) => buckets.every((bucket) => BUCKET.test(bucket)), `must be buckets; ${BUCKET_RULE}`)
      .default([]),
  }),
  TESSERA_S3_ENDPOINT: setting({
    group,
    alias: 'AWS_ENDPOINT_URL_S3',
    description:
      'URL of an S3 service other than AWS, such as MinIO. `AWS_ENDPOINT_URL_S3` means the same. Unset: AWS.',
    schema: z
      .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
      .transform((url) => url.replace(/\/+$/, ''))
      .optional(),
  }),
  TESSERA_S3_REGION: setting({
    group,
    alias: 'AWS_REGION',
    description:
      'Region of the buckets. `AWS_REGION` means the same. Unset: that of the AWS profile; us-east-1 with TESSERA_S3_ENDPOINT.',
    schema: z
      .string()
      .regex(/^[a-z0-9-]{1,64}$/, 'must be lower-case letters, digits and hyphens')
      .optional(),
  }),
  TESSERA_S3_PATH_STYLE: setting({
    group,
    description:
      'Set to 1 for a service that takes the bucket in the path of a URL, not in its host name. Unset: 1 with TESSERA_S3_ENDPOINT, else 0.',
    schema: booleanText.optional(),
  }),
  TESSERA_S3_ENCRYPTION: setting({
    group,
    description:
      'Encryption at rest that is asked for with every object: AES256 or aws:kms. Unset: as the bucket is set up.',
    schema: z.enum(['AES256', 'aws:kms'], 'must be AES256 or aws:kms').optional(),
  }),
  TESSERA_S3_KMS_KEY: setting({
    group,
    description: "Id or ARN of the key for `aws:kms`. Unset: the account's own key for S3.",
    schema: z.string().max(2048).optional(),
  }),
};
