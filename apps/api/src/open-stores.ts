import { type Config, DEFAULT_REDIS_URL } from '@tessera/config';
import { type Logger } from '@tessera/observability';
import { type JobStore, openJobStore } from '@tessera/queue';
import { type ObjectStore, openObjectStore } from '@tessera/storage';

/** Opens what the API keeps jobs and their images in. The caller closes the job store. */
export async function openStores(
  { redis, jobs, store }: Config,
  logger: Logger,
): Promise<{ jobStore: JobStore; objectStore: ObjectStore }> {
  const objectStore = await openObjectStore(store);
  const jobStore = await openJobStore({
    connection: { url: redis.url ?? DEFAULT_REDIS_URL, prefix: redis.prefix },
    maxWaitingJobs: jobs.maxWaiting,
    retentionSeconds: jobs.retentionSeconds,
    logger,
  });
  return { jobStore, objectStore };
}
