import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { ADMIN_OWNER_ID, type Job, type JobStatus } from '@tessera/contracts';
import { Redis } from 'ioredis';
import { type Client } from './client.js';
import { type DrillSystem } from './drill-system.js';
import { type AcceptedJob, type LoadResult } from './load.js';
import { type WebhookReceiver } from './webhook-receiver.js';

/** What became of the accepted jobs. Every list should be empty; entries say what is wrong. */
export interface Audit {
  readonly acceptedCount: number;
  readonly countByStatus: Readonly<Partial<Record<JobStatus, number>>>;
  readonly failedCountByCode: Readonly<Record<string, number>>;
  readonly attemptedAgainCount: number;
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly wrongAnswers: readonly string[];
  readonly wrongCancels: readonly string[];
  readonly webhooks: {
    readonly requestCount: number;
    readonly toldJobCount: number;
    readonly toldAgainCount: number;
    readonly untold: readonly string[];
    readonly contradictory: readonly string[];
    readonly unsignedCount: number;
  };
  /** Queue entries and marks in Redis that no open job explains. */
  readonly leftovers: readonly string[];
  /** Folders of the store that belong to no job; they are no loss and go with a later sweep. */
  readonly orphanedFolderCount: number;
}

const OPEN: readonly JobStatus[] = ['queued', 'in_progress'];

/** Compares what the clients were promised with what the system holds now that nothing is open. */
export async function audit(
  system: DrillSystem,
  { client, load, receiver }: { client: Client; load: LoadResult; receiver: WebhookReceiver },
): Promise<Audit> {
  const jobs = new Map<string, Job>();
  for await (const job of client.jobs()) jobs.set(job.id, job);
  const accepted = load.accepted.map((promise) => ({ promise, job: jobs.get(promise.id) }));
  const finals = [...jobs.values()].filter(({ status }) => !OPEN.includes(status));
  return {
    acceptedCount: accepted.length,
    countByStatus: tally(finals.map(({ status }) => status)),
    failedCountByCode: tally(
      finals.flatMap(({ error, status }) => (status === 'failed' && error ? [error.code] : [])),
    ),
    attemptedAgainCount: finals.filter(({ attempts }) => attempts > 1).length,
    lost: accepted
      .filter(({ job }) => job === undefined || OPEN.includes(job.status))
      .map(({ promise, job }) => `${promise.id} ${job?.status ?? 'gone'}`),
    doubled: [...findDoubled(jobs.values()), ...load.replayedAsAnother],
    wrongAnswers: accepted.flatMap(({ promise, job }) => describeWrongAnswer(promise, job)),
    wrongCancels: accepted
      .filter(({ promise, job }) => promise.isCancelAccepted && job?.status !== 'cancelled')
      .map(({ promise, job }) => `${promise.id} ${job?.status ?? 'gone'}`),
    webhooks: auditWebhooks(finals, receiver),
    leftovers: await findLeftovers(system.redis.url),
    orphanedFolderCount: await countOrphans(system.storeDirectory, jobs),
  };
}

function tally<Key extends string>(keys: readonly Key[]): Partial<Record<Key, number>> {
  const counts: Partial<Record<Key, number>> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

/** Every row was asked under one key, so it is one job. */
function findDoubled(jobs: Iterable<Job>): string[] {
  const idsByRow = new Map<string, string[]>();
  for (const { id, metadata } of jobs) {
    const row = metadata['row'] ?? '';
    idsByRow.set(row, [...(idsByRow.get(row) ?? []), id]);
  }
  return [...idsByRow.values()].filter((ids) => ids.length > 1).map((ids) => ids.join(' '));
}

function describeWrongAnswer({ question }: AcceptedJob, job: Job | undefined): string[] {
  if (job?.status !== 'completed' || job.output?.text === question.reference) return [];
  return [`${job.id} ${JSON.stringify(job.output?.text)} instead of ${JSON.stringify(question.reference)}`];
}

function auditWebhooks(finals: readonly Job[], receiver: WebhookReceiver): Audit['webhooks'] {
  const told = finals.map((job) => ({ job, events: receiver.byJob.get(job.id) }));
  return {
    requestCount: receiver.requestCount,
    toldJobCount: receiver.takenJobCount,
    toldAgainCount: told.filter(({ events }) => (events?.takenCount ?? 0) > 1).length,
    untold: told.filter(({ events }) => (events?.takenCount ?? 0) === 0).map(({ job }) => job.id),
    contradictory: told
      .filter(({ job, events }) => {
        if (events === undefined) return false;
        const { eventIds, bodies, statuses } = events;
        return eventIds.size > 1 || bodies.size > 1 || !statuses.has(job.status);
      })
      .map(({ job, events }) => `${job.id} ${[...(events?.eventIds ?? [])].join(' ')}`),
    unsignedCount: receiver.unsignedCount,
  };
}

/** What should be empty once no job is open. */
async function findLeftovers(url: string): Promise<string[]> {
  const redis = new Redis(url);
  try {
    const root = '{tessera}';
    const queue = `${root}:image-question.answer.tessera-tiny`;
    const lists = [`${queue}:wait`, `${queue}:active`];
    const sets = [`${queue}:delayed`, `${queue}:prioritized`, `${queue}:failed`];
    sets.push(
      `${root}:waiting-of:${ADMIN_OWNER_ID}:tessera-tiny`,
      `${root}:retries:tessera-tiny`,
      `${root}:jobs:queued`,
      `${root}:jobs:in_progress`,
    );
    const left: string[] = [];
    for (const key of lists) left.push(...(await redis.lrange(key, 0, 9)).map((id) => `${key} ${id}`));
    for (const key of sets) left.push(...(await redis.zrange(key, '0', '9')).map((id) => `${key} ${id}`));
    return left;
  } finally {
    redis.disconnect();
  }
}

async function countOrphans(storeDirectory: string, jobs: ReadonlyMap<string, Job>): Promise<number> {
  const folders = await readdir(path.join(storeDirectory, 'objects', 'jobs')).catch(() => []);
  return folders.filter((id) => !jobs.has(id)).length;
}
