import { TesseraError } from '@tessera/contracts';
import { collectBytes } from './collect-bytes.js';
import {
  ImageFetchFailedError,
  ImageFetchTimeoutError,
  ImageRefusedError,
  ImageUrlInvalidError,
} from './errors.js';

export interface FetchLimits {
  readonly maxBytes: number;
  /** Redirects and the body included. */
  readonly timeoutMs: number;
}

/**
 * The bytes behind a URL that the user of this command typed. It reaches whatever that user can reach, as curl does:
 * the rules for untrusted URLs are the service's.
 * @throws {TesseraError} one of the `image_*` codes
 */
export async function fetchImage(url: string, { maxBytes, timeoutMs }: FetchLimits): Promise<Uint8Array> {
  if (!URL.canParse(url)) throw new ImageUrlInvalidError(url);
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, { signal });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new ImageRefusedError(url, response.status);
    }
    return await collectBytes(response.body, { source: url, maxBytes });
  } catch (cause) {
    if (cause instanceof TesseraError) throw cause;
    if (signal.aborted) throw new ImageFetchTimeoutError(url, timeoutMs, { cause });
    throw new ImageFetchFailedError(url, rootMessage(cause), { cause });
  }
}

/** `fetch` itself only says "fetch failed"; what failed is its cause. */
function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? rootMessage(error.cause) : error.message;
}
