import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdir, rename, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import S3rver from '@20minutes/s3rver';
import pLimit from 'p-limit';
import { temporaryDirectory } from './temporary-directory.js';
import { freeLoopbackPort } from './test-redis.js';
import { TEST_S3_CREDENTIALS } from './test-s3-credentials.js';

const BUCKET = 'test-bucket';

export interface TestS3 {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  /** A bucket that is there from the beginning. */
  readonly bucket: string;
  /** Variables that make a Tessera process keep its objects there, under `prefix`. */
  settings(prefix?: string): Record<string, string>;
  /** Ids of uploads in parts that were neither completed nor aborted. */
  unfinishedUploads(): Promise<string[]>;
  /** The outage: cuts every connection and refuses new ones; what is stored stays. */
  stop(): Promise<void>;
  /** Comes back on the same port with the same objects after {@link TestS3.stop}. */
  start(): Promise<void>;
  /** Ends the server and deletes what it stored. */
  close(): Promise<void>;
}

/** Starts an S3 server in this process on a free loopback port. It checks signatures; see {@link TEST_S3_CREDENTIALS}. */
export async function startTestS3(): Promise<TestS3> {
  const directory = await temporaryDirectory('tessera-s3');
  const uploads = join(directory.path, BUCKET, '._S3rver_uploads');
  const handle = await createHandler(directory.path, uploads);
  const port = await freeLoopbackPort();
  const endpoint = `http://127.0.0.1:${port}`;
  let server = await listen(handle, port);
  const stop = () => end(server);
  return {
    endpoint,
    bucket: BUCKET,
    settings: (prefix) => ({
      TESSERA_STORE: `s3://${BUCKET}${prefix === undefined ? '' : `/${prefix}`}`,
      TESSERA_S3_ENDPOINT: endpoint,
      ...TEST_S3_CREDENTIALS,
    }),
    unfinishedUploads: () => readdir(uploads).catch(emptyWhereMissing),
    stop,
    start: async () => {
      server = await listen(handle, port);
    },
    close: async () => {
      await stop();
      await directory.remove();
    },
  };
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function createHandler(directory: string, uploads: string): Promise<Handler> {
  const configureBuckets = [{ name: BUCKET }];
  const s3 = new S3rver({ directory, silent: true, vhostBuckets: false, configureBuckets });
  correctStore(s3, directory);
  const mayMisreadSignature = new AsyncLocalStorage<boolean>();
  Object.defineProperty(s3, 'allowMismatchedSignatures', { get: () => mayMisreadSignature.getStore() });
  // A client that went away is no news; answers carry the rest.
  s3.on('error', () => undefined);
  await s3.configureBuckets();
  const serve = s3.callback();
  return (request, response) => {
    const { url = '' } = request;
    const uploadId = uploadToAbort(request);
    if (uploadId !== undefined) return void abortUpload(join(uploads, uploadId), response);
    // Of what is signed, it drops the slash after a bucket's name and does not encode an apostrophe.
    const isMisread = /^\/[^/]+\/(\?|$)/.test(url) || url.includes('%27');
    void mayMisreadSignature.run(isMisread, () => serve(request, response));
  };
}

/** Has its store do as S3 does. */
function correctStore({ store }: S3rver, directory: string): void {
  const putContent = store.putContent.bind(store);
  const getObject = store.getObject.bind(store);
  const putObject = store.putObject.bind(store);
  const deleteObject = store.deleteObject.bind(store);
  const listObjects = store.listObjects.bind(store);

  // A reader sees an object whole, the old one or the new one.
  store.putContent = async (path, content) => {
    const temporary = join(directory, randomUUID());
    const written = await putContent(temporary, content);
    await rename(temporary, path);
    return written;
  };
  // Bytes, size and checksum lie in files of their own.
  const oneAtATime = pLimit(1);
  store.putObject = (object) => oneAtATime(() => putObject(object));
  store.deleteObject = (bucket, key) => oneAtATime(() => deleteObject(bucket, key));
  store.getObject = (bucket, key, range) =>
    oneAtATime(async () => {
      const object = await getObject(bucket, key, range);
      if (object?.size !== 0 || range?.start === undefined) return object;
      object.content?.destroy();
      // An empty object has no byte to give: ask for one that the server knows to be beyond its end.
      return getObject(bucket, key, { start: 1 });
    });
  // Everything in one page: the token of a next one needs a cipher that OpenSSL has given up.
  store.listObjects = (bucket, options) => listObjects(bucket, { ...options, maxKeys: Infinity });
}

/** `AbortMultipartUpload`, which the server itself does not know. */
function uploadToAbort({ method, url = '' }: IncomingMessage): string | undefined {
  if (method !== 'DELETE') return undefined;
  return /[?&]uploadId=([0-9a-f]+)/.exec(url)?.[1];
}

async function abortUpload(folder: string, response: ServerResponse): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  response.writeHead(204).end();
}

async function listen(handle: Handler, port: number): Promise<Server> {
  const server = createServer(handle).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function end(server: Server): Promise<void> {
  if (!server.listening) return;
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}

function emptyWhereMissing(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}
