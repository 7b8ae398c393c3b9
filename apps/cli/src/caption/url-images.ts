import { SafeHttp } from '@tessera/safe-fetch';

/** Whoever names a URL here reaches what that person can reach, as with curl. Strangers' URLs are the service's matter. */
const EVERYWHERE = ['0.0.0.0/0', '::/0'];

export interface UrlLimits {
  readonly maxBytes: number;
  /** For everything: names, redirects, the last byte of the body. */
  readonly timeoutMs: number;
}

/**
 * Images behind URLs of a dataset. Every fetch of a run goes through here, so this is where what is due to the hosts
 * belongs.
 */
export class UrlImages {
  private readonly http = new SafeHttp({ allowedPrivateNetworks: EVERYWHERE });

  constructor(private readonly limits: UrlLimits) {}

  /** @throws {TesseraError} one of the `image_*` codes */
  fetch(url: string, signal: AbortSignal): Promise<Uint8Array> {
    return this.http.fetchBytes(url, { ...this.limits, signal });
  }

  close(): Promise<void> {
    return this.http.close();
  }
}
