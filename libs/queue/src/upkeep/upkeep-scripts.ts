import { type Redis } from 'ioredis';
import { z } from 'zod';
import { deleteJobLua } from '../lua/manage-job.lua.js';
import {
  expireDueJobsLua,
  listDueLua,
  noteOrphanJobsLua,
  postponeExpiryLua,
  reconcilePageLua,
} from '../lua/upkeep.lua.js';
import { defineScript } from '../script.js';

const ids = z.array(z.string());
const reconcileReply = z
  .tuple([z.int(), z.int(), ids, ids])
  .transform(([idCount, stayingCount, marked, crashed]) => ({ idCount, stayingCount, marked, crashed }));

/** What one page of open jobs had wrong. */
export type ReconciledPage = z.infer<typeof reconcileReply>;

/** The scripts of upkeep, typed. */
export interface UpkeepScripts {
  /** Ids of the jobs that expired. */
  expireDueJobs(limit: number): Promise<string[]>;
  listDue(index: 'unqueued' | 'expiries', dueForMs: number, limit: number): Promise<string[]>;
  postponeExpiry(id: string, byMs: number): Promise<void>;
  reconcilePage(status: 'queued' | 'in_progress', offset: number, limit: number): Promise<ReconciledPage>;
  deleteJob(id: string): Promise<void>;
  /** Those of the ids that have had no record for so long. */
  noteOrphans(jobIds: readonly string[], afterMs: number): Promise<string[]>;
}

export function defineUpkeepScripts(redis: Redis, root: string): UpkeepScripts {
  const define = (action: string, lua: string) => defineScript(redis, root, { action, lua });
  const expireDueJobs = define('expire jobs', expireDueJobsLua);
  const listDue = define('list what is due', listDueLua);
  const postponeExpiry = define('postpone the removal of a job', postponeExpiryLua);
  const reconcilePage = define('compare jobs with their queues', reconcilePageLua);
  const deleteJob = define('delete the job', deleteJobLua);
  const noteOrphans = define('look for records', noteOrphanJobsLua);
  return {
    expireDueJobs: async (limit) => ids.parse(await expireDueJobs(limit)),
    listDue: async (index, dueForMs, limit) => ids.parse(await listDue(index, dueForMs, limit)),
    postponeExpiry: async (id, byMs) => void (await postponeExpiry(id, byMs)),
    reconcilePage: async (status, offset, limit) =>
      reconcileReply.parse(await reconcilePage(status, offset, limit)),
    deleteJob: async (id) => void (await deleteJob(id)),
    noteOrphans: async (jobIds, afterMs) => ids.parse(await noteOrphans(afterMs, ...jobIds)),
  };
}
