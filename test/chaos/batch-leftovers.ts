import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { TEST_S3_CREDENTIALS, type TestS3 } from '@tessera/testing';
import { Redis } from 'ioredis';

const ROOT = '{tessera}';
const QUEUE = `${ROOT}:batch-chunk.answer.tessera-tiny`;
/** Keys that only unfinished chunks and batches have. */
const KEYS_OF_OPEN_ONES = [
  'chunk',
  'chunk-rows',
  'batch-chunks',
  'batch-parts',
  'unqueued-chunks',
  'open-batches',
];

/** What should be gone once every batch has ended: part files, and keys and queue entries in Redis. */
export async function findBatchLeftovers(redisUrl: string, s3: TestS3, prefix: string): Promise<string[]> {
  return [...(await findKeys(redisUrl)), ...(await findParts(s3, prefix))];
}

async function findKeys(redisUrl: string): Promise<string[]> {
  const redis = new Redis(redisUrl);
  const found: string[] = [];
  try {
    for await (const keys of redis.scanStream({ match: `${ROOT}:*` })) {
      found.push(...(keys as string[]).filter(isOfOpenOne));
    }
    return found;
  } finally {
    redis.disconnect();
  }
}

async function findParts({ endpoint, bucket }: TestS3, prefix: string): Promise<string[]> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = TEST_S3_CREDENTIALS;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  try {
    // The test server lists everything in one page.
    const { Contents = [] } = await client.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: `${prefix}/batches/` }),
    );
    return Contents.flatMap(({ Key = '' }) => (Key.includes('/parts/') ? [Key] : []));
  } finally {
    client.destroy();
  }
}

/** Entries have a key of their own each, beside the lists that BullMQ keeps of them. */
function isOfOpenOne(key: string): boolean {
  return (
    KEYS_OF_OPEN_ONES.some((name) => key === `${ROOT}:${name}` || key.startsWith(`${ROOT}:${name}:`)) ||
    new RegExp(`^${escape(QUEUE)}:(batch_|wait$|active$|delayed$|prioritized$|failed$)`).test(key)
  );
}

function escape(text: string): string {
  return text.replace(/[{}.]/g, '\\$&');
}
