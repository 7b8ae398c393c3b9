import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { temporaryDirectory } from './temporary-directory.js';
import { freeLoopbackPort } from './test-redis.js';
import { TEST_S3_CREDENTIALS } from './test-s3-credentials.js';
import { VERSITYGW_BINARY } from './versitygw-binary.js';

const START_TIMEOUT_MS = 15_000;
const CONNECT_INTERVAL_MS = 20;
const BUCKET = 'test-bucket';

export interface Versitygw {
  readonly endpoint: string;
  /** A bucket that is there from the beginning. */
  readonly bucket: string;
  /** Ends the server and deletes what it stored. */
  close(): Promise<void>;
}

/** Starts a versitygw of the test file's own on a free loopback port; it takes {@link TEST_S3_CREDENTIALS}. */
export async function startVersitygw(): Promise<Versitygw> {
  const directory = await temporaryDirectory('tessera-versitygw');
  await mkdir(join(directory.path, BUCKET));
  const port = await freeLoopbackPort();
  const { AWS_ACCESS_KEY_ID: access, AWS_SECRET_ACCESS_KEY: secret } = TEST_S3_CREDENTIALS;
  const keys = ['--access', access, '--secret', secret];
  const server = spawn(
    VERSITYGW_BINARY,
    ['--port', `127.0.0.1:${port}`, ...keys, '--quiet', '--keep-alive', 'posix', directory.path],
    { cwd: directory.path, stdio: 'ignore' },
  );
  const killWithUs = () => server.kill('SIGKILL');
  process.once('exit', killWithUs);
  const exited = once(server, 'exit').then(() => void process.removeListener('exit', killWithUs));
  await waitUntilListening(server, port);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bucket: BUCKET,
    close: async () => {
      server.kill('SIGKILL');
      await exited;
      await directory.remove();
    },
  };
}

async function waitUntilListening(server: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await canConnect(port))) {
    if (server.exitCode !== null) throw new Error(`versitygw ended with code ${server.exitCode}`);
    if (Date.now() > deadline) throw new Error(`versitygw was not ready after ${START_TIMEOUT_MS} ms`);
    await wait(CONNECT_INTERVAL_MS);
  }
}

async function canConnect(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    // Refused: it does not listen yet.
    return false;
  } finally {
    socket.destroy();
  }
}
