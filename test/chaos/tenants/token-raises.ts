import { setTimeout as delay } from 'node:timers/promises';
import { jsonPost, type TenantClient } from './tenant-client.js';
import { Repeated } from './repeated.js';
import { type Sampler } from './sampler.js';
import { type Tenant } from './tenants.js';

const LOOK_EVERY_MS = 50;
/** Time for which the tenant is left without tokens. */
const WITHOUT_MS = 1_500;

/** The tokens of the day were used up, until the administrator gave more. */
export interface UsedUp {
  readonly limit: number;
  /** By then they were used up. */
  readonly seenAtMs: number;
  /** The administrator asks for more. */
  readonly raiseSentAtMs: number;
  readonly raisedAtMs: number;
  /** From then on. */
  readonly nextLimit: number;
}

/** Gives a tenant more tokens whenever those of the day are used up, a while after. */
export class TokenRaises {
  readonly usedUp: UsedUp[] = [];
  /** More tokens than this may not be had now. */
  limit: number;
  private readonly raising: Repeated;

  constructor(
    private readonly options: {
      readonly admin: TenantClient;
      readonly tenant: Tenant;
      readonly sampler: Sampler;
      readonly tokensPerDay: number;
    },
  ) {
    this.limit = options.tokensPerDay;
    this.raising = new Repeated(() => this.lookAndRaise());
  }

  async stop(): Promise<void> {
    await this.raising.stop();
  }

  private async lookAndRaise(): Promise<void> {
    const { sampler, tenant } = this.options;
    await delay(LOOK_EVERY_MS);
    const sample = sampler.latest(tenant.name);
    if (sample === undefined || sample.tokens < this.limit) return;
    await delay(WITHOUT_MS);
    await this.raise(sample.atMs, sampler.latest(tenant.name)?.tokens ?? sample.tokens);
  }

  private async raise(seenAtMs: number, used: number): Promise<void> {
    const { admin, tenant, tokensPerDay } = this.options;
    const { limit } = this;
    const raiseSentAtMs = Date.now();
    // What work in flight has used beyond it is given back on top.
    this.limit = used + tokensPerDay;
    const body = { limits: { tokens_per_day: this.limit } };
    await admin.send(`/v1/admin/keys/${tenant.keyId}`, jsonPost(body));
    this.usedUp.push({ limit, seenAtMs, raiseSentAtMs, raisedAtMs: Date.now(), nextLimit: this.limit });
  }
}
