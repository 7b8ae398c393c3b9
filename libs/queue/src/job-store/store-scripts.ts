import { type JobRecord } from '@tessera/contracts';
import { type Redis } from 'ioredis';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { UnknownCursorError } from '../errors.js';
import {
  type CancelOutcome,
  type CreateJobOutcome,
  type EarlierUse,
  type Idempotency,
  type JobPage,
  type JobQuery,
  type NewJob,
} from '../job-queue.js';
import { createJobLua, findEarlierUseLua } from '../lua/create-job.lua.js';
import { deleteJobLua, listJobsLua, queuePositionLua, requestCancelLua } from '../lua/manage-job.lua.js';
import { encodeRecord, recordReply } from '../record-fields.js';
import { defineScript } from '../script.js';

/** Time that an Idempotency-Key is remembered, counted from its first use. */
const IDEMPOTENCY_KEY_SECONDS = 86_400;

const replayedReply = z.tuple([z.literal('replayed'), recordReply]);
const reusedReply = z.tuple([z.literal('key_reused')]);
const earlierUseReply = z.union([replayedReply, reusedReply, z.tuple([z.literal('unused')])]);
const createReply = z.union([
  z.tuple([z.literal('created'), z.int()]),
  replayedReply,
  reusedReply,
  z.tuple([z.enum(['queue_full', 'owner_queue_full', 'store_full']), z.int()]),
]);
const cancelReply = z.enum(['cancelled', 'requested', 'already_final', 'not_found']);
const deleteReply = z.enum(['deleted', 'open', 'not_found']);
const positionReply = z.union([z.int(), z.literal('not_waiting').transform(() => undefined)]);
const listReply = z.union([
  z.tuple([z.literal('page'), z.array(recordReply)]),
  z.tuple([z.enum(['unknown_cursor', 'again'])]),
]);

/** What the script did; `needsEntry`: no worker may be called yet. */
type CreateScriptOutcome =
  Exclude<CreateJobOutcome, { kind: 'created' }> | { kind: 'created'; needsEntry: boolean };

/** The scripts of the API's end, typed. */
export interface StoreScripts {
  createJob(
    job: NewJob,
    limits: { maxWaitingJobs: number; retentionSeconds: number },
  ): Promise<CreateScriptOutcome>;
  findEarlierUse(idempotency: Idempotency): Promise<EarlierUse | undefined>;
  requestCancel(id: string): Promise<CancelOutcome>;
  deleteJob(id: string): Promise<boolean>;
  queuePosition(id: string): Promise<number | undefined>;
  listJobs(query: JobQuery): Promise<JobPage>;
}

export function defineStoreScripts(redis: Redis, root: string): StoreScripts {
  const createJob = defineScript(redis, root, { action: 'create the job', lua: createJobLua });
  const findEarlierUse = defineScript(redis, root, {
    action: 'look an Idempotency-Key up',
    lua: findEarlierUseLua,
  });
  const requestCancel = defineScript(redis, root, { action: 'cancel the job', lua: requestCancelLua });
  const deleteJob = defineScript(redis, root, { action: 'delete the job', lua: deleteJobLua });
  const queuePosition = defineScript(redis, root, {
    action: 'read the place in the queue',
    lua: queuePositionLua,
  });
  const listJobs = defineScript(redis, root, { action: 'list jobs', lua: listJobsLua });
  return {
    createJob: async (job, { maxWaitingJobs, retentionSeconds }) => {
      const { record, priority, idempotency, limits = {}, imageBytes = 0 } = job;
      const reply = await createJob(
        record.id,
        maxWaitingJobs,
        record.deadlineAtMs ?? '',
        idempotency === undefined ? '' : hashKey(idempotency),
        idempotency?.bodySha256 ?? '',
        IDEMPOTENCY_KEY_SECONDS,
        record.ownerId,
        limits.queuedJobs ?? '',
        imageBytes,
        limits.storedBytes ?? '',
        ...encodeRecord(record, { priority, retentionSeconds: job.retentionSeconds ?? retentionSeconds }),
      );
      return toCreateOutcome(createReply.parse(reply), { ...limits, maxWaitingJobs });
    },
    findEarlierUse: async (idempotency) =>
      toEarlierUse(earlierUseReply.parse(await findEarlierUse(hashKey(idempotency), idempotency.bodySha256))),
    requestCancel: async (id) => cancelReply.parse(await requestCancel(id)),
    deleteJob: async (id) => deleteReply.parse(await deleteJob(id)) === 'deleted',
    queuePosition: async (id) => positionReply.parse(await queuePosition(id)),
    listJobs: async ({ ownerId, limit, after, status }) => {
      for (;;) {
        // One more than asked for tells whether there are more.
        const reply = await listJobs(ownerId, status ?? '', after ?? '', limit + 1);
        const [outcome, records] = listReply.parse(reply);
        if (outcome === 'unknown_cursor') throw new UnknownCursorError(after ?? '');
        if (outcome === 'page') return toPage(records, limit);
      }
    },
  };
}

function hashKey({ key, ownerId }: Idempotency): string {
  return createHash('sha256').update(`${ownerId} ${key}`).digest('hex');
}

function toEarlierUse(reply: z.infer<typeof earlierUseReply>): EarlierUse | undefined {
  switch (reply[0]) {
    case 'replayed':
      return { kind: 'replayed', record: reply[1] };
    case 'key_reused':
      return { kind: 'key_reused' };
    case 'unused':
      return undefined;
  }
}

function toCreateOutcome(
  reply: z.infer<typeof createReply>,
  limits: NonNullable<NewJob['limits']> & { maxWaitingJobs: number },
): CreateScriptOutcome {
  switch (reply[0]) {
    case 'created':
      return { kind: 'created', needsEntry: reply[1] > 0 };
    case 'replayed':
      return { kind: 'replayed', record: reply[1] };
    case 'key_reused':
      return { kind: 'key_reused' };
    case 'queue_full':
      return { kind: 'queue_full', waitingJobCount: reply[1], limit: limits.maxWaitingJobs };
    case 'owner_queue_full':
      return { kind: 'owner_queue_full', waitingJobCount: reply[1], limit: limits.queuedJobs ?? reply[1] };
    case 'store_full':
      return { kind: 'store_full', storedBytes: reply[1], limitBytes: limits.storedBytes ?? reply[1] };
  }
}

function toPage(records: JobRecord[], limit: number): JobPage {
  return { records: records.slice(0, limit), hasMore: records.length > limit };
}
