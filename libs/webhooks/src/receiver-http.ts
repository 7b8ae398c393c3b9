import { ADMIN_OWNER_ID } from '@tessera/contracts';
import {
  type PostOptions,
  type PostResult,
  SafeHttp,
  type SafeHttpOptions,
  UrlInvalidError,
  UrlNotAllowedError,
} from '@tessera/safe-fetch';

/** Posts to a receiver. */
export type ReceiverPoster = Pick<SafeHttp, 'post'>;

/**
 * Posts to receivers. What one at a private address answers is shown to the administrator alone: anybody else could read
 * inside the allowed networks by it.
 */
export class ReceiverHttp {
  private readonly http: SafeHttp;
  /** Undefined where no other addresses are reached anyway. */
  private readonly publicHttp: SafeHttp | undefined;

  constructor(options: SafeHttpOptions) {
    this.http = new SafeHttp(options);
    const reachesPrivate = options.allowedPrivateNetworks.length > 0;
    this.publicHttp = reachesPrivate ? new SafeHttp({ ...options, allowedPrivateNetworks: [] }) : undefined;
  }

  posterOf(ownerId: string): ReceiverPoster {
    const { http, publicHttp } = this;
    if (publicHttp === undefined || ownerId === ADMIN_OWNER_ID) return http;
    return { post: (url, options) => postUnread({ http, publicHttp }, url, options) };
  }

  async close(): Promise<void> {
    await Promise.all([this.http.close(), this.publicHttp?.close()]);
  }
}

/** To a public address, or else, as nothing was sent then, to a private one without an excerpt of its answer. */
async function postUnread(
  { http, publicHttp }: { http: SafeHttp; publicHttp: SafeHttp },
  url: string,
  options: PostOptions,
): Promise<PostResult> {
  const startedAtMs = performance.now();
  try {
    return await publicHttp.post(url, options);
  } catch (error) {
    if (!(error instanceof UrlNotAllowedError || error instanceof UrlInvalidError)) throw error;
    const leftMs = Math.max(1, options.timeoutMs - (performance.now() - startedAtMs));
    return http.post(url, { ...options, timeoutMs: leftMs, excerptBytes: 0 });
  }
}
