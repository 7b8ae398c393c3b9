import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { randomNumbers } from '@tessera/testing';
import { type Audit, audit } from './audit.js';
import { Client } from './client.js';
import { type DrillSystem, QUICK_SETTINGS, startDrillSystem } from './drill-system.js';
import { Load, type LoadResult } from './load.js';
import { OpenJobs } from './open-jobs.js';
import { findOwnExits, type OwnExits } from './own-exits.js';
import { readQuestions } from './questions.js';
import { carryOut, type DrainOutcome, noKills, planStrikes, type Victim } from './strikes.js';
import { until } from './until.js';
import { WebhookReceiver } from './webhook-receiver.js';

const LOOK_MS = 250;
export interface DrillOptions {
  readonly seed: number;
  readonly strikes: number;
  /** Length of one outage of Redis, halfway; 0 for none. */
  readonly redisOutageMs: number;
  /** Time for which the disk of the store is full, late in the drill; 0 for none. */
  readonly fullDiskMs: number;
  /** Time after the last strike in which everything must have come to its end. */
  readonly settleMs: number;
  readonly log: (line: string) => void;
}

export interface DrillResult {
  readonly audit: Audit;
  readonly load: LoadResult;
  readonly kills: Readonly<Record<Victim, number>>;
  readonly drains: readonly DrainOutcome[];
  readonly ownExits: readonly OwnExits[];
  readonly fullDisk: 'done' | 'not asked for' | { readonly skipped: string };
  readonly strikeSeconds: number;
  readonly settleSeconds: number;
}

/** Load, blows, and the count afterwards. */
export async function runDrill(options: DrillOptions): Promise<DrillResult> {
  const { seed } = options;
  const system = await startDrillSystem(QUICK_SETTINGS, { withVolume: options.fullDiskMs > 0 });
  const secretFile = path.join(system.dataDirectory, 'webhook-secret');
  const receiver = await WebhookReceiver.start(randomNumbers(seed + 1), () =>
    readFileSync(secretFile, 'utf8').trim(),
  );
  try {
    return await drillSystem(system, receiver, options);
  } finally {
    await system.stop();
    await receiver.close();
  }
}

async function drillSystem(
  system: DrillSystem,
  receiver: WebhookReceiver,
  options: DrillOptions,
): Promise<DrillResult> {
  const { seed, log, settleMs } = options;
  const over = new AbortController();
  const client = new Client(system.url, over.signal);
  const open = OpenJobs.watch(system.redis.url);
  const load = new Load(client, {
    questions: readQuestions(),
    seed: seed + 2,
    webhookUrl: receiver.url,
    openCount: () => open.count,
  });
  await until(() => receiver.takenJobCount > 0, settleMs);
  const startedAt = performance.now();
  const blows = await strikeAll(system, load, options);
  const struckAt = performance.now();
  const deadline = setTimeout(() => over.abort(new Error('the drill did not settle in time')), settleMs);
  const seen = await load.stop();
  open.close();
  log(`${seen.accepted.length} jobs were accepted; waiting for their ends`);
  await settle(client, receiver, { accepted: seen.accepted.length, settleMs });
  const settledAt = performance.now();
  const result = await audit(system, { client, load: seen, receiver });
  clearTimeout(deadline);
  return {
    audit: result,
    load: seen,
    ...blows,
    ownExits: await findOwnExits(system),
    strikeSeconds: Math.round((struckAt - startedAt) / 1000),
    settleSeconds: Math.round((settledAt - struckAt) / 1000),
  };
}

async function strikeAll(system: DrillSystem, load: Load, options: DrillOptions) {
  const strikes = planStrikes(options.strikes, randomNumbers(options.seed));
  const kills = noKills();
  const drains: DrainOutcome[] = [];
  let fullDisk: DrillResult['fullDisk'] = 'not asked for';
  for (const [index, strike] of strikes.entries()) {
    if (index === Math.floor(strikes.length / 2)) await interruptRedis(system, options);
    if (index === Math.floor((strikes.length * 3) / 4)) fullDisk = await fillDisk(system, options);
    const drained = await carryOut(system, strike);
    for (const victim of strike.victims) kills[victim] += 1;
    if (drained !== undefined) drains.push(drained);
    options.log(
      `${index + 1}/${strikes.length} killed ${strike.victims.join(', ')}; ${load.acceptedCount} accepted`,
    );
  }
  return { kills, drains, fullDisk };
}

async function interruptRedis({ redis }: DrillSystem, { redisOutageMs, log }: DrillOptions): Promise<void> {
  if (redisOutageMs === 0) return;
  log(`Redis is away for ${redisOutageMs} ms`);
  await redis.kill();
  await delay(redisOutageMs);
  await redis.restart();
}

async function fillDisk(
  { volume }: DrillSystem,
  { fullDiskMs, log }: DrillOptions,
): Promise<DrillResult['fullDisk']> {
  if (volume === undefined) return 'not asked for';
  if (volume.unavailable !== undefined) {
    log(`skipped the full disk, no file system could be mounted: ${volume.unavailable}`);
    return { skipped: volume.unavailable };
  }
  log(`the disk of the store is full for ${fullDiskMs} ms`);
  await volume.fill();
  await delay(fullDiskMs);
  await volume.empty();
  return 'done';
}

/** Until every accepted job has ended and its webhook was taken, or the time is over: the audit says what is missing. */
async function settle(
  client: Client,
  receiver: WebhookReceiver,
  { accepted, settleMs }: { accepted: number; settleMs: number },
): Promise<void> {
  await until(() => receiver.takenJobCount >= accepted, settleMs / 2).catch(() => undefined);
  const isOpen = async (): Promise<boolean> => {
    for (const status of ['queued', 'in_progress'])
      for await (const job of client.jobs(status)) return job !== undefined;
    return false;
  };
  const deadlineAt = performance.now() + settleMs / 2;
  while ((await isOpen()) && performance.now() < deadlineAt) await delay(LOOK_MS);
}
