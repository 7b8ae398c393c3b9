import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { randomNumbers } from '@tessera/testing';
import { findOwnExits } from '../own-exits.js';
import { until } from '../until.js';
import { auditEndpoint } from './audit-endpoints.js';
import { auditTenant } from './audit-tenant.js';
import { checkConcurrency } from './check-concurrency.js';
import { checkRate } from './check-rate.js';
import { checkSamples } from './check-samples.js';
import { checkTokens } from './check-tokens.js';
import { Endpoints } from './endpoints.js';
import { Inspector } from './inspector.js';
import { type Blow, carryOutBlow, type Kill } from './kills.js';
import { Ledger } from './ledger.js';
import { Loads } from './loads.js';
import { Pryers } from './pryer.js';
import { Revocations } from './revocations.js';
import { Sampler } from './sampler.js';
import { StoredFiles } from './stored-files.js';
import { newBooks } from './tenant-book.js';
import { TenantClient, type TenantClientOptions } from './tenant-client.js';
import { ADMIN_KEY, startTenantSystem, type TenantSystem } from './tenant-system.js';
import { latenciesOf, leasesLeft, secondsOf, type TenantDrillResult, type Times } from './tenant-result.js';
import { createTenants, TENANT_NAMES, type TenantLimits, type Tenants } from './tenants.js';
import { TokenRaises } from './token-raises.js';

export interface TenantDrillOptions {
  readonly seed: number;
  readonly blows: readonly Blow[];
  readonly limits: TenantLimits;
  /** Time without blows, first with good endpoints alone, then as long with the bad ones. */
  readonly calmMs: number;
  /** Time after the last blow in which everything must have come to its end. */
  readonly settleMs: number;
  readonly log: (line: string) => void;
}

/** Tenants that push against their limits, blows, and the count afterwards. */
export async function runTenantDrill(options: TenantDrillOptions): Promise<TenantDrillResult> {
  const system = await startTenantSystem();
  const over = new AbortController();
  // Every request listens to it.
  setMaxListeners(0, over.signal);
  const inspector = new Inspector(system);
  try {
    return await new TenantDrill({ system, inspector, options, signal: over.signal }).run();
  } finally {
    over.abort(new Error('the drill is over'));
    inspector.close();
    await system.stop();
  }
}

interface Parts {
  readonly system: TenantSystem;
  readonly inspector: Inspector;
  readonly options: TenantDrillOptions;
  readonly signal: AbortSignal;
}

/** Everything that runs while blows fall. */
interface Running {
  readonly tenants: Tenants;
  readonly endpoints: Endpoints;
  readonly sampler: Sampler;
  readonly loads: Loads;
  readonly raises: TokenRaises;
  readonly pryers: Pryers;
  readonly revocations: Revocations;
}

class TenantDrill {
  private readonly books = newBooks();
  private readonly admin: TenantClient;
  private readonly clientOptions: Omit<TenantClientOptions, 'key' | 'ledger'>;
  private readonly kills: Kill[] = [];

  constructor(private readonly parts: Parts) {
    const { system, options, signal } = parts;
    this.clientOptions = { urls: system.urls, random: randomNumbers(options.seed), signal };
    this.admin = new TenantClient({ ...this.clientOptions, key: ADMIN_KEY, ledger: new Ledger() });
  }

  async run(): Promise<TenantDrillResult> {
    const { options } = this.parts;
    const tenants = await createTenants(this.admin, options.limits, this.clientOptions);
    const endpoints = new Endpoints(tenants, this.books);
    const sampler = new Sampler(this.parts.system.redis.url, tenants);
    try {
      await endpoints.registerGood();
      const running = await this.start({ tenants, endpoints, sampler });
      const times = await this.strike(running);
      const settledMs = await this.settle(running, times);
      return await this.audit(running, times, settledMs);
    } finally {
      // First, so that no dispatcher waits for a receiver that never answers.
      await endpoints.close();
      sampler.close();
    }
  }

  private async start(begun: Pick<Running, 'tenants' | 'endpoints' | 'sampler'>): Promise<Running> {
    const { options } = this.parts;
    const { seed, limits } = options;
    const { admin, books, clientOptions } = this;
    const { tenants, endpoints, sampler } = begun;
    const loads = await Loads.start({ tenants, books, endpoints, seed: seed + 1 });
    await until(() => endpoints.good('queue').byJob.size > 0, options.settleMs);
    const { tokensPerDay } = limits;
    return {
      ...begun,
      loads,
      raises: new TokenRaises({ admin, tenant: tenants.tokens, sampler, tokensPerDay }),
      pryers: new Pryers(tenants, books, randomNumbers(seed + 2)),
      revocations: new Revocations(admin, clientOptions),
    };
  }

  private async strike(running: Running): Promise<Times> {
    const { system, options } = this.parts;
    const { blows, calmMs, log } = options;
    const calm = Date.now();
    await delay(calmMs);
    await running.endpoints.registerBad();
    const beside = Date.now();
    await delay(calmMs);
    const struck = Date.now();
    for (const [index, blow] of blows.entries()) {
      this.kills.push(...(await carryOutBlow(system, blow)));
      running.sampler.throwIfFailed();
      running.loads.throwIfFailed();
      const accepted = TENANT_NAMES.map((name) => `${name} ${this.books[name].jobs.length}`).join(', ');
      log(`${index + 1}/${blows.length} killed ${blow.victims.join(', ')}; jobs accepted: ${accepted}`);
    }
    await this.stop(running);
    return { calmMs: calm, besideMs: beside, struckMs: struck, endMs: Date.now() };
  }

  private async stop({ revocations, pryers, raises, loads }: Running): Promise<void> {
    await Promise.all([revocations.stop(), pryers.stop(), raises.stop(), loads.stop()]);
  }

  /** Until nothing is open, due or leased, or the time is over: the audit says what is left. @returns when it was so */
  private async settle({ endpoints, sampler }: Running, { endMs }: Times): Promise<number> {
    const { inspector, options } = this.parts;
    const isSettled = async (): Promise<boolean> => {
      if ((await inspector.countOpen()) > 0 || sampler.latest('streams')?.leases !== 0) return false;
      const answering = endpoints.all.filter(({ receiver }) => receiver.manner !== 'dead');
      const due = await Promise.all(answering.map(({ id }) => inspector.countDue(id)));
      return due.every((count) => count === 0);
    };
    options.log('the load has ended; waiting for what is open');
    await until(isSettled, options.settleMs).catch(() => undefined);
    await sampler.stop();
    return Date.now() - endMs;
  }

  private async audit(running: Running, times: Times, settledMs: number): Promise<TenantDrillResult> {
    const { system, inspector, options } = this.parts;
    const { tenants, endpoints, sampler, raises, pryers, revocations } = running;
    const claimsLeft = await this.lapseClaims(tenants);
    const audits = await Promise.all(
      TENANT_NAMES.map((name) => {
        return auditTenant(tenants[name], { admin: this.admin, inspector, book: this.books[name] });
      }),
    );
    const ends = await inspector.endsOf(audits.flatMap(({ jobs }) => [...jobs.keys()]));
    const { streams, queue, storage, tokens } = tenants;
    const { limits } = options;
    return {
      kills: this.kills,
      ownExits: await findOwnExits(system),
      tenants: audits,
      endpoints: endpoints.all.map((endpoint) => {
        const audit = audits[TENANT_NAMES.indexOf(endpoint.tenant.name)];
        if (audit === undefined) throw new Error(`${endpoint.tenant.name} was not audited`);
        return auditEndpoint(endpoint, audit, ends);
      }),
      latencies: latenciesOf(endpoints.all, ends, times),
      concurrency: checkConcurrency(streams.ledger.requests, this.kills, limits.concurrentRequests),
      leasesLeftMs: leasesLeft(sampler.samples.streams, times),
      rate: checkRate(storage.ledger.requests, limits.requestsPerSecond),
      tokens: checkTokens(tokens.ledger.requests, sampler.samples.tokens, raises.usedUp),
      usedUp: raises.usedUp,
      samples: checkSamples(sampler.samples, limits),
      queuedRefusedCount: queue.ledger.refusedWith('queued_jobs_exceeded').length,
      storedRefusedCount: storage.ledger.refusedWith('storage_limit_exceeded').length,
      claimsLeft,
      pried: pryers.asked,
      told: pryers.told,
      revoked: revocations.revoked,
      revived: revocations.revived,
      seconds: secondsOf(times, settledMs),
    };
  }

  /** Room is free again when somebody asks for some. */
  private async lapseClaims({ storage }: Tenants): Promise<number> {
    const claimsLeft = await this.parts.inspector.lapseClaims();
    await new StoredFiles(storage.client, this.books.storage, this.clientOptions.random).upload();
    return claimsLeft;
  }
}
