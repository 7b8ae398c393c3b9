import { setTimeout as delay } from 'node:timers/promises';
import { startTestS3, type TestS3 } from '@tessera/testing';
import { auditBatch, type BatchAudit } from './batch-audit.js';
import { BatchClient } from './batch-client.js';
import { findBatchLeftovers } from './batch-leftovers.js';
import { type BatchRow, makeBatchRows } from './batch-rows.js';
import { Client } from './client.js';
import { type DrillSystem, QUICK_SETTINGS, startDrillSystem } from './drill-system.js';
import { findOwnExits, type OwnExits } from './own-exits.js';
import { carryOut, type DrainOutcome, noKills, type Strike, type Victim, VICTIMS } from './strikes.js';
import { until } from './until.js';

const PREFIX = 'drill';
const LOOK_MS = 200;
/** What the worker says of a chunk whose lock has run out. */
const TAKEN_UP = 'a chunk has lost its worker and waits again';
/** What comes back delayed, or is swept, must be gone by then. */
const LEFTOVERS_MS = 180_000;

export interface BatchDrillOptions {
  readonly rows: number;
  readonly strikes: readonly Strike[];
  /** Time without the object store, halfway; everything is killed in the middle of it. 0 for none. */
  readonly storeOutageMs: number;
  /** Time after the last strike in which the batch must have ended. */
  readonly settleMs: number;
  readonly log: (line: string) => void;
}

export interface BatchDrillResult {
  readonly audit: BatchAudit;
  readonly kills: Readonly<Record<Victim, number>>;
  readonly drains: readonly DrainOutcome[];
  readonly ownExits: readonly OwnExits[];
  /** Rows that were done when the last blow fell. */
  readonly doneAtLastStrike: number;
  /** Chunks that another worker, or the next one, took up. */
  readonly takenUpCount: number;
  readonly seconds: number;
}

/** One batch on a system that keeps its objects in S3, blows, and the count afterwards. */
export async function runBatchDrill(options: BatchDrillOptions): Promise<BatchDrillResult> {
  const s3 = await startTestS3();
  const system = await startDrillSystem({ ...QUICK_SETTINGS, ...s3.settings(PREFIX) }, { withVolume: false });
  const over = new AbortController();
  try {
    return await new BatchDrill({ s3, system, options, signal: over.signal }).run();
  } finally {
    over.abort();
    await system.stop();
    await s3.close();
  }
}

interface Parts {
  readonly s3: TestS3;
  readonly system: DrillSystem;
  readonly options: BatchDrillOptions;
  readonly signal: AbortSignal;
}

class BatchDrill {
  private readonly client: BatchClient;
  private readonly kills = noKills();
  private readonly drains: DrainOutcome[] = [];
  /** As last seen. */
  private done = 0;
  private isCompleted = false;

  constructor(private readonly parts: Parts) {
    this.client = new BatchClient(new Client(parts.system.url, parts.signal));
  }

  async run(): Promise<BatchDrillResult> {
    const { options, system } = this.parts;
    const rows = makeBatchRows(options.rows);
    const { id } = await this.client.submit(rows.map(({ line }) => line));
    const [, times] = await Promise.all([this.follow(id), this.strikeAndSettle()]);
    const audit = await this.audit(id, rows);
    return {
      audit,
      kills: this.kills,
      drains: this.drains,
      ownExits: await findOwnExits(system),
      takenUpCount: await this.countTakenUp(),
      ...times,
    };
  }

  private async strikeAndSettle(): Promise<Pick<BatchDrillResult, 'doneAtLastStrike' | 'seconds'>> {
    const { settleMs } = this.parts.options;
    await until(() => this.done > 0, settleMs);
    const startedAt = performance.now();
    await this.strike();
    const doneAtLastStrike = this.done;
    await until(() => this.isCompleted, settleMs);
    return { doneAtLastStrike, seconds: Math.round((performance.now() - startedAt) / 1_000) };
  }

  /** Keeps looking at the batch, beside the blows, until it has ended. */
  private async follow(id: string): Promise<void> {
    while (!this.isCompleted) {
      const { request_counts: counts, status } = await this.client.get(id);
      this.done = counts.completed + counts.failed;
      this.isCompleted = status === 'completed';
      await delay(LOOK_MS);
    }
  }

  private async strike(): Promise<void> {
    const { strikes, log, storeOutageMs } = this.parts.options;
    for (const [index, strike] of strikes.entries()) {
      if (index === Math.floor(strikes.length / 2) && storeOutageMs > 0) await this.interruptStore();
      await this.carryOut(strike);
      log(`${index + 1}/${strikes.length} killed ${strike.victims.join(', ')}; ${this.done} rows are done`);
    }
  }

  private async interruptStore(): Promise<void> {
    const { s3, options } = this.parts;
    options.log(`the object store is away for ${options.storeOutageMs} ms`);
    await s3.stop();
    await delay(options.storeOutageMs / 2);
    await this.carryOut({ pauseMs: 0, victims: VICTIMS, redisAbsenceMs: 0, drained: undefined });
    await delay(options.storeOutageMs / 2);
    await s3.start();
  }

  private async carryOut(strike: Strike): Promise<void> {
    const drained = await carryOut(this.parts.system, strike);
    for (const victim of strike.victims) this.kills[victim] += 1;
    if (drained !== undefined) this.drains.push(drained);
  }

  private async countTakenUp(): Promise<number> {
    const entries = await this.parts.system.members.worker.log();
    return entries.filter(({ msg }) => msg === TAKEN_UP).length;
  }

  private async audit(id: string, rows: readonly BatchRow[]): Promise<BatchAudit> {
    const { s3, system } = this.parts;
    const batch = await this.client.get(id);
    const output = await this.client.lines(batch.output_file_id);
    const errors = await this.client.lines(batch.error_file_id);
    const look = () => findBatchLeftovers(system.redis.url, s3, PREFIX);
    // Entries that come back delayed find their chunk gone: what is still there in the end is reported.
    await until(async () => (await look()).length === 0, LEFTOVERS_MS).catch(() => undefined);
    return auditBatch(rows, { batch, output, errors, leftovers: await look() });
  }
}
