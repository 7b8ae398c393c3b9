import { Readable } from 'node:stream';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { S3Service } from './s3-service.js';

/** Bytes of one part of an upload: the least that S3 takes. It takes 10,000 parts, so an object may have 52 GB. */
const PART_BYTES = 5 * 1024 ** 2;
/** Parts on their way at once; with the one that is being filled they bound the memory of an upload. */
const CONCURRENT_PARTS = 3;

type Encryption = S3Service['encryption'];

/** Rejects with the SDK's errors. */
export async function putS3Object(
  client: S3Client,
  object: { Bucket: string; Key: string },
  bytes: Uint8Array,
  encryption: Encryption,
): Promise<void> {
  const command = new PutObjectCommand({ ...object, ...encryptionFields(encryption), Body: bytes });
  await client.send(command);
}

/**
 * Sends an object of unknown length, in parts where it is long; a failure takes the parts back.
 * Rejects with the SDK's errors, or with that of the source.
 */
export async function uploadS3Object(
  client: S3Client,
  object: { Bucket: string; Key: string },
  source: AsyncIterable<Uint8Array>,
  encryption: Encryption,
): Promise<void> {
  const upload = new Upload({
    client,
    params: {
      ...object,
      ...encryptionFields(encryption),
      Body: Readable.from(source, { objectMode: false }),
    },
    partSize: PART_BYTES,
    queueSize: CONCURRENT_PARTS,
  });
  await upload.done();
}

function encryptionFields(encryption: Encryption) {
  if (encryption === undefined) return {};
  const { algorithm, keyId } = encryption;
  return { ServerSideEncryption: algorithm, ...(keyId === undefined ? {} : { SSEKMSKeyId: keyId }) };
}
