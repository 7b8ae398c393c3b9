import { S3Client } from '@aws-sdk/client-s3';
import { isConflict } from './s3-failure.js';

/** An S3 service and how it is spoken to. Credentials come from the SDK's own chain (AWS_* variables, profile, role). */
export interface S3Service {
  /** Absent: AWS. */
  readonly endpoint?: string | undefined;
  /** Absent: that of the profile; us-east-1 with an endpoint. */
  readonly region?: string | undefined;
  /** Whether the bucket goes into the path of a URL. */
  readonly pathStyle: boolean;
  /** Asked for with every object; absent: as the bucket is set up. */
  readonly encryption?:
    { readonly algorithm: 'AES256' | 'aws:kms'; readonly keyId?: string | undefined } | undefined;
}

/** With the two below: an outage is known for one after some seconds, and after some minutes at the latest. */
const MAX_ATTEMPTS = 4;
/** Counts the wait for one of the sockets, too. */
const CONNECTION_TIMEOUT_MS = 10_000;
/** Until an answer begins: also the time for sending one part of an upload. */
const REQUEST_TIMEOUT_MS = 60_000;
const MAX_SOCKETS = 200;
/** Where an endpoint is given, few services care for the region, and the SDK asks for one. */
const USUAL_REGION = 'us-east-1';

/** A client that tries again, with backoff, what may pass, and gives up in bounded time. */
export function createS3Client({ endpoint, region, pathStyle }: S3Service): S3Client {
  const chosenRegion = region ?? (endpoint === undefined ? undefined : USUAL_REGION);
  const client = new S3Client({
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(chosenRegion === undefined ? {} : { region: chosenRegion }),
    forcePathStyle: pathStyle,
    // Other services misread the checksums that the SDK would append to a body.
    ...(endpoint === undefined
      ? {}
      : { requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' }),
    retryMode: 'standard',
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      // A reader may be slow; whether the service is gone while it waits, objectBody watches.
      socketTimeout: 0,
      httpAgent: { maxSockets: MAX_SOCKETS },
      httpsAgent: { maxSockets: MAX_SOCKETS },
    },
  });
  retryConflicts(client);
  return client;
}

/** Another request was in the way of this one, as a delete is where a server keeps keys as folders: it passes. */
function retryConflicts(client: S3Client): void {
  client.middlewareStack.add(
    (next) => async (request) => {
      try {
        return await next(request);
      } catch (error) {
        if (isConflict(error)) Object.assign(error, { $retryable: { throttling: false } });
        throw error;
      }
    },
    { step: 'deserialize', priority: 'high', name: 'retryConflicts' },
  );
}
