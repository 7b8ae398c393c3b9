import { type Logger, withLogContext } from '@tessera/observability';
import { type Redis } from 'ioredis';
import { type JobQueues } from '../queue-entry.js';
import { callRedis } from '../redis-client.js';
import { type UpkeepScripts } from './upkeep-scripts.js';

const PAGE_SIZE = 200;
/** A job whose objects could not be removed is tried again after this time. */
const REMOVAL_RETRY_MS = 60_000;

export interface UpkeepParts {
  readonly redis: Redis;
  readonly root: string;
  readonly scripts: UpkeepScripts;
  readonly queues: JobQueues;
  readonly logger: Logger;
  readonly removeObjects: (jobId: string) => Promise<void>;
}

/** Ends jobs past their deadline. */
export async function expireJobs(parts: UpkeepParts): Promise<void> {
  const { scripts, logger } = parts;
  let expired: string[];
  do {
    expired = await scripts.expireDueJobs(PAGE_SIZE);
    for (const jobId of expired) await aboutJob(parts, jobId, () => logger.info('the job expired'));
  } while (expired.length === PAGE_SIZE);
}

/** Sees to it that workers are called for the jobs in line: whoever should have added an entry may have died before. */
export async function addMissingEntries({
  redis,
  root,
  scripts,
  queues,
  logger,
}: UpkeepParts): Promise<void> {
  const models = await callRedis('list the models', () => redis.smembers(`${root}:waiting-models`));
  for (const model of models) {
    const count = await scripts.missingEntries(model);
    for (let added = 0; added < count; added += 1) await queues.addEntry(model);
    if (count > 0) logger.debug({ model, count }, 'added queue entries for jobs in line');
  }
}

/** Removes jobs whose retention has passed. Objects go first, so that a crash between leaves the job to try again. */
export async function removeExpiredJobs(parts: UpkeepParts): Promise<void> {
  let ids: string[];
  do {
    ids = await parts.scripts.listExpired(PAGE_SIZE);
    for (const jobId of ids) await aboutJob(parts, jobId, () => removeExpiredJob(parts, jobId));
  } while (ids.length === PAGE_SIZE);
}

async function removeExpiredJob(
  { scripts, removeObjects, logger }: UpkeepParts,
  jobId: string,
): Promise<void> {
  try {
    await removeObjects(jobId);
    await scripts.deleteJob(jobId);
    logger.info('removed the job, its retention has passed');
  } catch (err) {
    logger.error({ err }, 'could not remove the job');
    await scripts.postponeExpiry(jobId, REMOVAL_RETRY_MS);
  }
}

/** Compares every open job with BullMQ. */
export async function reconcileJobs(parts: UpkeepParts): Promise<void> {
  const { scripts, logger } = parts;
  for (const status of ['queued', 'in_progress'] as const) {
    for (let offset = 0, isLast = false; !isLast;) {
      const page = await scripts.reconcilePage(status, offset, PAGE_SIZE);
      for (const jobId of page.joined) {
        await aboutJob(parts, jobId, () =>
          logger.warn('the job had lost its queue entry, and is in line again'),
        );
      }
      for (const jobId of page.crashed) {
        await aboutJob(parts, jobId, () => logger.error('BullMQ gave the job up'));
      }
      offset += page.stayingCount;
      isLast = page.idCount < PAGE_SIZE;
    }
  }
}

/** Does something about a job whose lines say which request it came from. */
async function aboutJob<Result>(
  { redis, root }: UpkeepParts,
  jobId: string,
  work: () => Result,
): Promise<Awaited<Result>> {
  const requestId = await callRedis('read the job', () => redis.hget(`${root}:job:${jobId}`, 'requestId'));
  return await withLogContext({ jobId, ...(requestId === null ? {} : { requestId }) }, work);
}
