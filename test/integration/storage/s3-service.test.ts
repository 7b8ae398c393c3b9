import { once } from 'node:events';
import { type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { ObjectStoreUnavailableError, openObjectStore, type S3Service } from '@tessera/storage';
import { startTestS3, type TestS3, uniquePrefix } from '@tessera/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { recordRequests, type RequestRecorder } from './record-requests.js';

const PARTS = 3;
const PART_BYTES = 5 * 1024 ** 2;

let s3: TestS3;
beforeAll(async () => {
  s3 = await startTestS3();
});
afterAll(() => s3.close());
afterEach(() => void vi.unstubAllEnvs());

const open = (service: Partial<S3Service> = {}) =>
  openObjectStore({
    kind: 's3',
    bucket: s3.bucket,
    prefix: uniquePrefix('service'),
    service: { endpoint: s3.endpoint, pathStyle: true, ...service },
  });

async function* parts(count = PARTS, atLast: () => Promise<void> = async () => undefined) {
  for (let index = 0; index < count; index += 1) yield Buffer.alloc(PART_BYTES, index);
  await atLast();
}

describe('S3 that is away', () => {
  afterEach(() => s3.start().catch(() => undefined));

  it('fails every operation as worth another attempt, and works again when it is back', async () => {
    const store = await open();
    await store.put('a/b', Buffer.from('x'));
    await s3.stop();
    const listing = async () => {
      for await (const key of store.list('')) expect.unreachable(`listed ${key}`);
    };
    const failures = {
      put: store.put('a/b', Buffer.from('y')),
      get: store.get('a/b'),
      stat: store.stat('a/b'),
      list: listing(),
      delete: store.delete('a/b'),
      deletePrefix: store.deletePrefix('a/'),
    };
    await Promise.all([
      ...Object.entries(failures).map(([operation, failure]) =>
        expect(failure).rejects.toMatchObject({
          name: ObjectStoreUnavailableError.name,
          code: 'service_unavailable',
          retryable: true,
          operation,
        }),
      ),
      expect(store.putStream('a/b', parts())).rejects.toBeInstanceOf(ObjectStoreUnavailableError),
      expect(store.open('a/b')).rejects.toBeInstanceOf(ObjectStoreUnavailableError),
      expect(open()).rejects.toThrow('no connection; start the service, or correct TESSERA_S3_ENDPOINT'),
    ]);
    await s3.start();
    expect(Buffer.from(await store.get('a/b')).toString()).toBe('x');
  });

  it('leaves no half object of a stream that it cut, and takes the stream again', async () => {
    const store = await open();
    const cut = store.putStream(
      'a/b',
      parts(PARTS, () => s3.stop()),
    );
    await expect(cut).rejects.toBeInstanceOf(ObjectStoreUnavailableError);
    await s3.start();
    expect(await store.stat('a/b')).toBeUndefined();
    expect(await store.putStream('a/b', parts())).toEqual({ bytes: PARTS * PART_BYTES });
  });

  it('ends a reader that it leaves half-way', async () => {
    const store = await open();
    await store.putStream('a/b', parts());
    const { body } = await store.open('a/b');
    await once(body, 'readable');
    await s3.stop();
    await expect(buffer(body)).rejects.toBeInstanceOf(ObjectStoreUnavailableError);
  });
});

describe('what is asked of S3', () => {
  let recorder: RequestRecorder | undefined;
  afterEach(() => recorder?.close());

  const headersOf = (matches: (request: IncomingMessage) => boolean) =>
    recorder?.requests.filter(matches).map(({ headers }) => headers);
  const isPut = ({ method }: IncomingMessage) => method === 'PUT';

  it.each([
    ['S3 is overloaded for a moment', 503],
    ['another request is in its way', 409],
  ])('is tried again when %s', async (_, status) => {
    let refusals = 2;
    recorder = await recordRequests(s3.endpoint, (request) =>
      isPut(request) && refusals-- > 0 ? status : undefined,
    );
    const store = await open({ endpoint: recorder.endpoint });
    await store.put('a/b', Buffer.from('x'));
    expect(recorder.requests.filter(isPut)).toHaveLength(3);
    expect(Buffer.from(await store.get('a/b')).toString()).toBe('x');
  });

  it('includes the encryption at rest, with every object and once for one in parts', async () => {
    recorder = await recordRequests(s3.endpoint);
    const store = await open({
      endpoint: recorder.endpoint,
      encryption: { algorithm: 'aws:kms', keyId: 'alias/pictures' },
    });
    await store.put('a/b', Buffer.from('x'));
    await store.putStream('a/c', parts(1));
    await store.putStream('a/d', parts());
    const wanted = {
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'alias/pictures',
    };
    const isBeginning = ({ url = '' }: IncomingMessage) => url.includes('uploads');
    const isWhole = (request: IncomingMessage) => isPut(request) && !/partNumber/.test(request.url ?? '');
    expect(headersOf(isWhole)).toMatchObject([wanted, wanted]);
    expect(headersOf(isBeginning)).toMatchObject([wanted]);
  });

  it('is signed with the credentials of the environment; one that is wrong or missing is named', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'SOMEONE');
    await expect(open()).rejects.toThrow('the access key is not known there; correct AWS_ACCESS_KEY_ID');
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined);
    for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/dev/null');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    await expect(open()).rejects.toThrow('no AWS credentials were found; set AWS_ACCESS_KEY_ID');
  });
});
