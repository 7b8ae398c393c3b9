import { type JobUpkeep, type JobUpkeepOptions, type UpkeepTimings } from '../job-upkeep.js';
import { JobQueues } from '../queue-entry.js';
import { connectRedis, keyRootOf, pingRedis } from '../redis-client.js';
import { RepeatedPass } from './repeated-pass.js';
import { removeOrphans } from './remove-orphans.js';
import { addMissingEntries, expireJobs, reconcileJobs, removeExpiredJobs } from './upkeep-passes.js';
import { defineUpkeepScripts } from './upkeep-scripts.js';

const TIMINGS: UpkeepTimings = {
  expireEveryMs: 1_000,
  enqueueEveryMs: 3_000,
  removeEveryMs: 30_000,
  reconcileEveryMs: 30_000,
  sweepEveryMs: 3_600_000,
  orphanAfterMs: 86_400_000,
};

/**
 * Starts the passes of upkeep. While Redis is away they fail, are logged, and come round again.
 * @throws {RedisUnavailableError} when Redis cannot be reached now
 */
export async function startJobUpkeep(options: JobUpkeepOptions): Promise<JobUpkeep> {
  const { connection, logger, removeObjects } = options;
  const timings = { ...TIMINGS, ...options.timings };
  const root = keyRootOf(connection);
  const redis = await connectRedis(connection, 'fail-fast', logger);
  const queues = new JobQueues(redis, root, logger);
  const parts = { redis, root, queues, logger, removeObjects, scripts: defineUpkeepScripts(redis, root) };
  const passes = [
    { name: 'expire', everyMs: timings.expireEveryMs, run: () => expireJobs(parts) },
    {
      name: 'enqueue',
      everyMs: timings.enqueueEveryMs,
      run: () => addMissingEntries(parts),
    },
    { name: 'remove', everyMs: timings.removeEveryMs, run: () => removeExpiredJobs(parts) },
    { name: 'reconcile', everyMs: timings.reconcileEveryMs, run: () => reconcileJobs(parts) },
    {
      name: 'sweep',
      everyMs: timings.sweepEveryMs,
      run: () => removeOrphans({ ...options, scripts: parts.scripts }, timings.orphanAfterMs),
    },
  ].map((pass) => new RepeatedPass(pass, logger));
  return {
    ping: () => pingRedis(redis),
    stop: async () => {
      await Promise.all(passes.map((pass) => pass.stop()));
      await queues.close();
      redis.disconnect();
    },
  };
}
