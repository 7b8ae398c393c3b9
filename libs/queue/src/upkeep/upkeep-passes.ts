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

/** Gives jobs marked as unqueued, for longer than `afterMs`, their queue entry. */
export async function enqueueMarkedJobs(parts: UpkeepParts, afterMs: number): Promise<void> {
  let ids: string[];
  do {
    ids = await parts.scripts.listDue('unqueued', afterMs, PAGE_SIZE);
    for (const id of ids) await enqueueMarkedJob(parts, id);
  } while (ids.length === PAGE_SIZE);
}

async function enqueueMarkedJob({ redis, root, queues, logger }: UpkeepParts, id: string): Promise<void> {
  const { status, model, priority, requestId } = await callRedis('read the job', () =>
    redis.hgetall(`${root}:job:${id}`),
  );
  if (model !== undefined && (status === 'queued' || status === 'in_progress')) {
    await queues.add({ id, model, priority: priority === 'low' ? 'low' : 'normal' });
    logger.warn({ jobId: id, requestId }, 'the job had no queue entry; it has one now');
  }
  await callRedis('unmark the job', () => redis.zrem(`${root}:unqueued`, id));
}

/** Removes jobs whose retention has passed. Objects go first, so that a crash between leaves the job to try again. */
export async function removeExpiredJobs(parts: UpkeepParts): Promise<void> {
  let ids: string[];
  do {
    ids = await parts.scripts.listDue('expiries', 0, PAGE_SIZE);
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
      for (const jobId of page.marked) {
        await aboutJob(parts, jobId, () => logger.warn('the job has no queue entry'));
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
