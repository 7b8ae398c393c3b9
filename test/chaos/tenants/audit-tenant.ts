import { setTimeout as delay } from 'node:timers/promises';
import { type FileObject, type Job, type OwnerUsageObject } from '@tessera/contracts';
import { type Inspector } from './inspector.js';
import { type TenantBook } from './tenant-book.js';
import { type TenantClient } from './tenant-client.js';
import { REPLICAS } from './tenant-system.js';
import { type Tenant } from './tenants.js';

const PAGE_SIZE = 100;
const LOOK_MS = 100;
const PATIENCE_MS = 2_000;

/** What became of one tenant's jobs, and what its limits count now that nothing is under way. */
export interface TenantAudit {
  readonly tenant: Tenant;
  /** As they ended, those that were deleted among them. */
  readonly jobs: ReadonlyMap<string, Job>;
  readonly acceptedCount: number;
  readonly lost: readonly string[];
  readonly failed: readonly string[];
  /** Counts that are not what exists, in words. */
  readonly miscounted: readonly string[];
}

interface AuditParts {
  readonly admin: TenantClient;
  readonly inspector: Inspector;
  readonly book: TenantBook;
}

export async function auditTenant(
  tenant: Tenant,
  { admin, inspector, book }: AuditParts,
): Promise<TenantAudit> {
  const listed = await listAll<Job>(tenant.client, '/v1/jobs');
  const jobs = new Map([...book.deletedJobs, ...listed.map((job): [string, Job] => [job.id, job])]);
  const open = listed.filter(({ status }) => status === 'queued' || status === 'in_progress');
  const files = await listAll<FileObject>(tenant.client, '/v1/files');
  const stored = [...files.map(({ id }) => `files/${id}`), ...listed.map(({ id }) => `jobs/${id}/images`)];
  const expected = {
    concurrent_requests: 0,
    queued_jobs: open.filter(({ status }) => status === 'queued').length,
    stored_bytes: sum(await Promise.all(stored.map((key) => inspector.bytesBelow(key)))),
  };
  return {
    tenant,
    jobs,
    acceptedCount: book.jobs.length,
    lost: [
      ...book.jobs.filter((id) => !jobs.has(id)).map((id) => `${id} is gone`),
      ...open.map(({ id, status }) => `${id} is ${status}`),
    ],
    failed: [...jobs.values()].flatMap(({ id, error, status }) =>
      status === 'failed' ? [`${id} with ${error?.code ?? 'no error'}`] : [],
    ),
    miscounted: [
      ...(await compareUsage(admin, tenant, expected)),
      ...describeMiscounted(await inspector.tokensOf(tenant.keyId), [...jobs.values()]),
    ],
  };
}

/**
 * What completed jobs have used counts exactly. An attempt at a job that was cancelled meanwhile counts what it took, of
 * which nothing tells: no more than another such job.
 */
function describeMiscounted(counted: number, jobs: readonly Job[]): string[] {
  const used = jobs.map(({ usage }) => usage?.total_tokens ?? 0);
  const cutOff = sum(jobs.map(({ usage, attempts }) => (usage === null ? attempts : 0)));
  const [least, most] = [sum(used), sum(used) + cutOff * Math.max(0, ...used)];
  if (counted >= least && counted <= most) return [];
  return [`${counted} tokens, jobs have used ${least === most ? least : `${least} to ${most}`}`];
}

type ExpectedUsage = Readonly<Record<'concurrent_requests' | 'queued_jobs' | 'stored_bytes', number>>;

/** As every replica tells it. The last request of ours may count for a moment. */
async function compareUsage(admin: TenantClient, tenant: Tenant, expected: ExpectedUsage): Promise<string[]> {
  const deadlineAt = performance.now() + PATIENCE_MS;
  for (;;) {
    const wrong = await findWrongUsage(admin, tenant, expected);
    if (wrong.length === 0 || performance.now() > deadlineAt) return wrong;
    await delay(LOOK_MS);
  }
}

async function findWrongUsage(
  admin: TenantClient,
  { keyId }: Tenant,
  expected: ExpectedUsage,
): Promise<string[]> {
  const wrong: string[] = [];
  for (const replica of REPLICAS) {
    const answer = await admin.attempt(`/v1/admin/keys/${keyId}/usage`, {}, replica);
    if (answer?.status !== 200) throw new Error(`${replica} does not tell the usage: ${answer?.body}`);
    const usage = JSON.parse(answer.body) as OwnerUsageObject;
    for (const what of ['concurrent_requests', 'queued_jobs', 'stored_bytes'] as const) {
      const { used } = usage[what];
      if (used !== expected[what]) wrong.push(`${used} ${what} on ${replica}, there are ${expected[what]}`);
    }
  }
  return wrong;
}

async function listAll<Item extends { id: string }>(client: TenantClient, path: string): Promise<Item[]> {
  const items: Item[] = [];
  for (let after = ''; ;) {
    const page = await client.json<{ data: Item[]; has_more: boolean }>(`${path}?limit=${PAGE_SIZE}${after}`);
    items.push(...page.data);
    const last = page.data.at(-1);
    if (!page.has_more || last === undefined) return items;
    after = `&after=${last.id}`;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
