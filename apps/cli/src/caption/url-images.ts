import { type Config } from '@tessera/config';
import { BULK_PATIENCE, PoliteFetcher } from '@tessera/safe-fetch';

/** Whoever names a URL here reaches what that person can reach, as with curl. Strangers' URLs are the service's matter. */
const EVERYWHERE = ['0.0.0.0/0', '::/0'];

/** Images behind URLs of a dataset, fetched with what is due to the hosts: one fetcher for the whole run. */
export class UrlImages {
  private readonly fetcher: PoliteFetcher;

  constructor(private readonly config: Config) {
    this.fetcher = new PoliteFetcher({
      allowedPrivateNetworks: EVERYWHERE,
      ...config.fetching,
      ...BULK_PATIENCE,
    });
  }

  /** @throws {TesseraError} one of the `image_*` codes */
  fetch(url: string, signal: AbortSignal): Promise<Uint8Array> {
    const { images, fetching } = this.config;
    return this.fetcher.fetchBytes(url, {
      maxBytes: images.maxBytes,
      timeoutMs: images.fetchTimeoutMs,
      refusedDirectives: fetching.optOuts.ofRows,
      signal,
    });
  }

  close(): Promise<void> {
    return this.fetcher.close();
  }
}
