import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DEFAULT_REDIS_URL } from '@tessera/config';
import { type Service, type ServiceContext } from '@tessera/service-process';
import { assertListenAllowed } from './assert-listen-allowed.js';
import { createApp } from './create-app.js';
import { Shutdown } from './http/shutdown.js';
import { closeStores, openStores } from './open-stores.js';

/** The API while it listens. */
export interface ApiService extends Service {
  /** Where it listens. */
  readonly url: string;
}

/** Starts the API. @throws {ListenNotAllowedError} */
export async function startApi({ config, logger }: ServiceContext): Promise<ApiService> {
  assertListenAllowed(config);
  const stores = await openStores(config, logger);
  const app = await createApp({ config, logger, ...stores });
  await app.listen(config.http.port, config.http.host);
  const url = await app.getUrl();
  logger.info({ url, redis: config.redis.url ?? DEFAULT_REDIS_URL }, 'listening');
  return {
    url,
    stop: async () => {
      const { shutdownTimeoutMs } = config.http;
      const whole = await closeWithin(shutdownTimeoutMs, app);
      if (!whole) logger.warn({ timeoutMs: shutdownTimeoutMs }, 'requests in flight were cut off');
      await closeStores(stores);
    },
  };
}

/**
 * Stops accepting connections, ends waits and event streams, and lets other requests in flight finish; what is still
 * open after `timeoutMs` is cut.
 * @returns whether everything finished in time
 */
async function closeWithin(timeoutMs: number, app: NestFastifyApplication): Promise<boolean> {
  let inTime = true;
  const deadline = setTimeout(() => {
    inTime = false;
    app.getHttpServer().closeAllConnections();
  }, timeoutMs);
  try {
    app.get(Shutdown).begin();
    await app.close();
  } finally {
    clearTimeout(deadline);
  }
  return inTime;
}
