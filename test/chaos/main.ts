// `npm run drills`: the long drills; writes docs/drills.md, and fails where something was lost, doubled or wrong.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { findRepositoryRoot, randomNumbers } from '@tessera/testing';
import { type BatchDrillOptions, runBatchDrill } from './batch-drill.js';
import { batchFindingsOf } from './batch-findings.js';
import { renderBatchReport } from './batch-report.js';
import { captionFindingsOf, runCaptionDrill } from './captions/caption-drill.js';
import { renderCaptionReport } from './captions/caption-report.js';
import { type DrillOptions, runDrill } from './drill.js';
import { findingsOf } from './findings.js';
import { renderReport } from './report.js';
import { planStrikes } from './strikes.js';
import { planBlows } from './tenants/kills.js';
import { runTenantDrill, type TenantDrillOptions } from './tenants/tenant-drill.js';
import { tenantFindingsOf } from './tenants/tenant-findings.js';
import { renderTenantReport } from './tenants/tenant-report.js';
import { type SectionTitle, writeSection } from './write-section.js';

const MS_PER_MINUTE = 60_000;
const log = (line: string): void => console.log(line);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    strikes: { type: 'string' },
    'redis-outage-ms': { type: 'string', default: '30000' },
    'full-disk-ms': { type: 'string', default: '10000' },
    rows: { type: 'string', default: '20000' },
    'minutes-without-s3': { type: 'string', default: '5' },
    minutes: { type: 'string', default: '5' },
    'dataset-rows': { type: 'string', default: '100000' },
    report: { type: 'string', default: path.join(findRepositoryRoot(), 'docs', 'drills.md') },
  },
});
const seed = Number(values.seed);
const drills: Record<string, () => Promise<string[]>> = {
  jobs: drillJobs,
  batch: drillBatch,
  tenants: drillTenants,
  caption: drillCaptions,
};
const names = positionals.length === 0 ? Object.keys(drills) : positionals;
const unknown = names.filter((name) => !(name in drills));
if (unknown.length > 0)
  throw new Error(`there is no drill ${unknown.join(', ')}: name ${Object.keys(drills).join(', ')}`);

const findings: string[] = [];
for (const name of names) findings.push(...((await drills[name]?.()) ?? []));
for (const finding of findings) console.error(finding);
process.exitCode = findings.length === 0 ? 0 : 1;

async function drillJobs(): Promise<string[]> {
  const options: DrillOptions = {
    seed,
    strikes: Number(values.strikes ?? 100),
    redisOutageMs: Number(values['redis-outage-ms']),
    fullDiskMs: Number(values['full-disk-ms']),
    settleMs: 3 * MS_PER_MINUTE,
    log,
  };
  const result = await runDrill(options);
  await write('Jobs', renderReport(options, result, new Date()));
  return findingsOf(result);
}

async function drillBatch(): Promise<string[]> {
  const options: BatchDrillOptions = {
    rows: Number(values.rows),
    strikes: planStrikes(Number(values.strikes ?? 60), randomNumbers(seed)),
    storeOutageMs: Number(values['minutes-without-s3']) * MS_PER_MINUTE,
    settleMs: 30 * MS_PER_MINUTE,
    log,
  };
  const result = await runBatchDrill(options);
  await write('A batch', renderBatchReport({ ...options, seed }, result, new Date()));
  return batchFindingsOf(result);
}

/** `--strikes` blows in `--minutes`. */
async function drillTenants(): Promise<string[]> {
  const strikes = Number(values.strikes ?? 100);
  const options: TenantDrillOptions = {
    seed,
    blows: planBlows(strikes, Number(values.minutes) * MS_PER_MINUTE, randomNumbers(seed)),
    limits: {
      concurrentRequests: 6,
      queuedJobs: 30,
      requestsPerSecond: 12,
      storedBytes: 3_000_000,
      tokensPerDay: 5_000,
    },
    calmMs: MS_PER_MINUTE / 3,
    settleMs: 3 * MS_PER_MINUTE,
    log,
  };
  const result = await runTenantDrill(options);
  await write('Tenants', renderTenantReport(options, result, new Date()));
  return tenantFindingsOf(result);
}

async function drillCaptions(): Promise<string[]> {
  const result = await runCaptionDrill({ rows: Number(values['dataset-rows']) });
  await write('A dataset', renderCaptionReport(result, new Date()));
  return captionFindingsOf(result);
}

async function write(title: SectionTitle, section: string): Promise<void> {
  await writeSection(values.report, title, section);
  console.log(`\n${section}\nwritten to ${path.relative('.', values.report)}`);
}
