import { type ApiKeys, openApiKeys } from '@tessera/api-keys';
import { type Config, DEFAULT_REDIS_URL } from '@tessera/config';
import { type Logger } from '@tessera/observability';
import {
  type BatchStore,
  type FileIndex,
  type JobStore,
  type LimitStore,
  openBatchStore,
  openFileIndex,
  openJobStore,
  openLimitStore,
  openWebhookIndex,
  type WebhookIndex,
} from '@tessera/queue';
import { type ObjectStore, openObjectStore } from '@tessera/storage';

export interface Stores {
  readonly jobStore: JobStore;
  readonly batchStore: BatchStore;
  readonly fileIndex: FileIndex;
  readonly limitStore: LimitStore;
  readonly webhookIndex: WebhookIndex;
  readonly objectStore: ObjectStore;
  /** Only where requests are asked for a key. */
  readonly apiKeys: ApiKeys | undefined;
}

/** Opens what the API keeps jobs, batches, files and their objects in. The caller closes them with {@link closeStores}. */
export async function openStores({ redis, jobs, store, access }: Config, logger: Logger): Promise<Stores> {
  const connection = { url: redis.url ?? DEFAULT_REDIS_URL, prefix: redis.prefix };
  const { retentionSeconds } = jobs;
  const objectStore = await openObjectStore(store);
  const opened: { close(): Promise<void> }[] = [];
  const keep = <Store extends { close(): Promise<void> }>(store: Store): Store => {
    opened.push(store);
    return store;
  };
  try {
    return {
      jobStore: keep(
        await openJobStore({ connection, maxWaitingJobs: jobs.maxWaiting, retentionSeconds, logger }),
      ),
      batchStore: keep(await openBatchStore({ connection, retentionSeconds, logger })),
      fileIndex: keep(await openFileIndex({ connection, logger })),
      limitStore: keep(await openLimitStore({ connection, logger })),
      webhookIndex: keep(await openWebhookIndex({ connection, logger })),
      objectStore,
      apiKeys:
        access.adminKey === undefined
          ? undefined
          : keep(await openApiKeys({ connection, objectStore, logger })),
    };
  } catch (error) {
    await Promise.all(opened.map((store) => store.close()));
    throw error;
  }
}

export async function closeStores({ objectStore: _stays, ...stores }: Stores): Promise<void> {
  await Promise.all(Object.values(stores).map(async (store) => store?.close()));
}
