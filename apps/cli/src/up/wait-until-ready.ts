import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_INTERVAL_MS = 100;
const ANSWER_TIMEOUT_MS = 5_000;

/** Waits until `url` (a readiness endpoint) answers 200. @throws the signal's reason when it is aborted */
export async function waitUntilReady(url: string, signal: AbortSignal): Promise<void> {
  while (!(await isReady(url, signal))) {
    await delay(POLL_INTERVAL_MS, undefined, { signal });
  }
}

/** False also while nothing answers: that is how every start begins. */
function isReady(url: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: ANSWER_TIMEOUT_MS, signal }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
  });
}
