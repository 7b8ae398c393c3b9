import { type Redis } from 'ioredis';
import { z } from 'zod';
import { deleteJobLua } from '../lua/manage-job.lua.js';
import {
  expireDueJobsLua,
  listExpiredLua,
  missingEntriesLua,
  noteOrphanJobsLua,
  postponeExpiryLua,
  reconcilePageLua,
} from '../lua/upkeep.lua.js';
import { queueNameOf } from '../queue-entry.js';
import { defineScript } from '../script.js';

const ids = z.array(z.string());
const reconcileReply = z
  .tuple([z.int(), z.int(), ids, ids])
  .transform(([idCount, stayingCount, joined, crashed]) => ({ idCount, stayingCount, joined, crashed }));

/** What one page of open jobs had wrong. */
export type ReconciledPage = z.infer<typeof reconcileReply>;

/** The scripts of upkeep, typed. */
export interface UpkeepScripts {
  /** Ids of the jobs that expired. */
  expireDueJobs(limit: number): Promise<string[]>;
  listExpired(limit: number): Promise<string[]>;
  /** Queue entries that are missing for the jobs in line. */
  missingEntries(model: string): Promise<number>;
  postponeExpiry(id: string, byMs: number): Promise<void>;
  reconcilePage(status: 'queued' | 'in_progress', offset: number, limit: number): Promise<ReconciledPage>;
  deleteJob(id: string): Promise<void>;
  /** Those of the ids that have had no record for so long. */
  noteOrphans(jobIds: readonly string[], afterMs: number): Promise<string[]>;
}

export function defineUpkeepScripts(redis: Redis, root: string): UpkeepScripts {
  const define = (action: string, lua: string) => defineScript(redis, root, { action, lua });
  const expireDueJobs = define('expire jobs', expireDueJobsLua);
  const listExpired = define('list what has passed its retention', listExpiredLua);
  const missingEntries = define('count missing queue entries', missingEntriesLua);
  const postponeExpiry = define('postpone the removal of a job', postponeExpiryLua);
  const reconcilePage = define('compare jobs with their queues', reconcilePageLua);
  const deleteJob = define('delete the job', deleteJobLua);
  const noteOrphans = define('look for records', noteOrphanJobsLua);
  return {
    expireDueJobs: async (limit) => ids.parse(await expireDueJobs(limit)),
    listExpired: async (limit) => ids.parse(await listExpired(limit)),
    missingEntries: async (model) => z.int().parse(await missingEntries(model, queueNameOf(model))),
    postponeExpiry: async (id, byMs) => void (await postponeExpiry(id, byMs)),
    reconcilePage: async (status, offset, limit) =>
      reconcileReply.parse(await reconcilePage(status, offset, limit)),
    deleteJob: async (id) => void (await deleteJob(id)),
    noteOrphans: async (jobIds, afterMs) => ids.parse(await noteOrphans(afterMs, ...jobIds)),
  };
}
