import { Redis } from 'ioredis';
import { RedisServerStartError } from './errors.js';
import { type RedisServerExit } from './launch-server.js';

/** A server listens before it loads its data, so this does not limit the loading. */
const LISTEN_TIMEOUT_MS = 60_000;
const RETRY_MS = 25;
const LONGEST_LOADING_RETRY_MS = 250;

export interface StartingServer {
  readonly endpoint: { readonly port: number; readonly password: string };
  readonly exited: Promise<RedisServerExit>;
  readonly signal: AbortSignal | undefined;
}

/**
 * Waits until the server serves commands; while it loads its data, it only says so, and is waited for.
 * @throws RedisServerStartError when it ends or does not listen; the signal's reason when that is aborted
 */
export async function waitUntilReady({ endpoint, exited, signal }: StartingServer): Promise<void> {
  const client = new Redis({
    ...endpoint,
    host: '127.0.0.1',
    maxRetriesPerRequest: null,
    retryStrategy: () => RETRY_MS,
    maxLoadingRetryTime: LONGEST_LOADING_RETRY_MS,
  });
  // Refused connections are expected until the server listens; the deadline reports the rest.
  client.on('error', () => undefined);
  const given = new AbortController();
  const deadline = setTimeout(
    () =>
      given.abort(new RedisServerStartError(`nothing listens on its port after ${LISTEN_TIMEOUT_MS} ms`, '')),
    LISTEN_TIMEOUT_MS,
  );
  client.once('connect', () => clearTimeout(deadline));
  try {
    await Promise.race([client.ping(), endsEarly(exited), rejectOn(given.signal), rejectOn(signal)]);
  } finally {
    clearTimeout(deadline);
    client.disconnect();
  }
}

async function endsEarly(exited: Promise<RedisServerExit>): Promise<never> {
  const { code, signal } = await exited;
  throw new RedisServerStartError(
    signal === null ? `it ended with code ${String(code)}` : `it was ended by ${signal}`,
    '',
  );
}

function rejectOn(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    // An abort reason may be any value; ours are errors.
    const fail = () => reject(signal?.reason as Error);
    if (signal?.aborted === true) fail();
    else signal?.addEventListener('abort', fail, { once: true });
  });
}
