import { startTestRedis, type TestRedis } from '@tessera/testing';
import { type ApiClient } from '../api/api-client.js';
import { startTestApi, type TestApi } from '../api/start-test-api.js';
import { ADMIN_KEY } from './admin-client.js';

/** An API that asks for keys, over a Redis of its own. */
export interface KeyedApi {
  readonly api: TestApi;
  /** Sends the administrator's key. */
  readonly admin: ApiClient;
  readonly redis: TestRedis;
  readonly close: () => Promise<void>;
}

export async function startKeyedApi(): Promise<KeyedApi> {
  const redis = await startTestRedis();
  const api = await startTestApi(redis, { TESSERA_ADMIN_KEY: ADMIN_KEY });
  return {
    api,
    admin: api.client.withKey(ADMIN_KEY),
    redis,
    close: async () => {
      await api.close();
      await redis.stop();
    },
  };
}
