import { SafeHttp } from '@tessera/safe-fetch';

/** Whoever types a URL here reaches what that person can reach, as with curl. Strangers' URLs are the service's matter. */
const EVERYWHERE = ['0.0.0.0/0', '::/0'];

/**
 * The bytes behind a URL of the command line.
 * @param timeoutMs for everything, redirects and the body included
 * @throws {TesseraError} one of the `image_*` codes
 */
export async function fetchImage(
  url: string,
  { maxBytes, timeoutMs }: { maxBytes: number; timeoutMs: number },
): Promise<Uint8Array> {
  const http = new SafeHttp({ allowedPrivateNetworks: EVERYWHERE });
  try {
    return await http.fetchBytes(url, { maxBytes, timeoutMs });
  } finally {
    await http.close();
  }
}
