import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startApi } from '@tessera/api';
import { type Config, loadConfig } from '@tessera/config';
import { createLogger } from '@tessera/observability';
import { type TestRedis, temporaryDirectory, uniquePrefix } from '@tessera/testing';
import { Redis } from 'ioredis';
import { ApiContract } from './api-contract.js';
import { ApiClient } from './api-client.js';

/** The real API on a free port, with keys in Redis and a folder store of its own. */
export interface TestApi {
  readonly url: string;
  readonly config: Config;
  readonly contract: ApiContract;
  /** Every answer it gets is held against the OpenAPI document. */
  readonly client: ApiClient;
  /** Objects in the store, by path. */
  storedObjects(): Promise<string[]>;
  /** Keys of jobs in Redis. */
  jobKeys(): Promise<string[]>;
  readonly logLines: readonly string[];
  /** Ends as SIGTERM ends the process. */
  stop(): Promise<void>;
  /** Stops it, if it still runs, and deletes the folder. */
  close(): Promise<void>;
}

/** @param settings environment variables on top of those that a test needs */
export async function startTestApi(
  redis: TestRedis,
  settings: Record<string, string> = {},
): Promise<TestApi> {
  const directory = await temporaryDirectory('tessera-api');
  const config = loadConfig({
    PORT: '0',
    REDIS_URL: redis.url,
    TESSERA_QUEUE_PREFIX: uniquePrefix('api'),
    TESSERA_DATA_DIR: directory.path,
    TESSERA_MODELS: 'tiny',
    ...settings,
  });
  const logLines: string[] = [];
  const destination = { write: (line: string) => void logLines.push(line) };
  const logger = createLogger({ name: 'api', level: 'debug', destination });
  const service = await startApi({ config, logger });
  const contract = await ApiContract.of(service.url);
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= service.stop());
  return {
    url: service.url,
    config,
    logLines,
    contract,
    client: new ApiClient(service.url, contract),
    storedObjects: () => listFiles(join(config.data.directory, 'store')),
    jobKeys: () => listJobKeys(redis.url, config.redis.prefix),
    stop,
    close: async () => {
      await stop();
      await directory.remove();
    },
  };
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

async function listJobKeys(url: string, prefix: string): Promise<string[]> {
  const redis = new Redis(url);
  try {
    return await redis.keys(`{${prefix}}:job*`);
  } finally {
    redis.disconnect();
  }
}
