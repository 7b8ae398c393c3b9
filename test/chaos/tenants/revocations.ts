import { setTimeout as delay } from 'node:timers/promises';
import { type CreatedApiKey } from '@tessera/contracts';
import { Ledger } from './ledger.js';
import { Repeated } from './repeated.js';
import { TenantClient, type TenantClientOptions } from './tenant-client.js';
import { REPLICAS, type Replica } from './tenant-system.js';

const LOOK_EVERY_MS = 40;
/** Time for which a revoked key is tried. */
const TRIED_MS = 3_000;

/** What became of a key that was revoked. */
export interface Revocation {
  readonly keyId: string;
  /** The revocation was answered. */
  readonly acknowledgedAtMs: number;
  /** Of the requests sent after that, the last one that was let in; undefined: none was. */
  readonly lastLetInMs: number | undefined;
  /** Replicas that have refused it. */
  readonly refusedBy: readonly Replica[];
}

/** Makes a key, uses it on every replica, revokes it, tries it on every replica, and again. */
export class Revocations {
  readonly revoked: Revocation[] = [];
  /** Keys that were revoked long ago and let in all the same. */
  readonly revived: string[] = [];
  private readonly old: { keyId: string; client: TenantClient }[] = [];
  private readonly running: Repeated;

  constructor(
    private readonly admin: TenantClient,
    private readonly options: Omit<TenantClientOptions, 'key' | 'ledger'>,
  ) {
    this.running = new Repeated(() => this.revokeOne());
  }

  async stop(): Promise<void> {
    await this.running.stop();
  }

  private async revokeOne(): Promise<void> {
    const body = { name: 'to be revoked', scopes: ['jobs'] };
    const made = await this.admin.post<CreatedApiKey>('/v1/admin/keys', body);
    const client = new TenantClient({ ...this.options, key: made.key, ledger: new Ledger() });
    await Promise.all(REPLICAS.map((replica) => useOnce(client, replica)));
    const [revocation] = await Promise.all([this.revoke(made.id, client), this.tryOldOnes()]);
    this.revoked.push(revocation);
    this.old.push({ keyId: made.id, client });
  }

  private async revoke(keyId: string, client: TenantClient): Promise<Revocation> {
    await this.admin.send(`/v1/admin/keys/${keyId}`, { method: 'DELETE' });
    const acknowledgedAtMs = Date.now();
    const tries = await Promise.all(REPLICAS.map((replica) => tryFor(client, replica, acknowledgedAtMs)));
    const letIn = tries.flatMap(({ lastLetInMs }) => (lastLetInMs === undefined ? [] : [lastLetInMs]));
    return {
      keyId,
      acknowledgedAtMs,
      lastLetInMs: letIn.length === 0 ? undefined : Math.max(...letIn),
      refusedBy: REPLICAS.filter((_, index) => tries[index]?.isRefused),
    };
  }

  /** Also on replicas that have been started again since. */
  private async tryOldOnes(): Promise<void> {
    const chosen = this.old[Math.floor(this.options.random() * this.old.length)];
    if (chosen === undefined) return;
    for (const replica of REPLICAS) {
      const answer = await chosen.client.attempt('/v1/jobs?limit=1', {}, replica);
      if (answer?.status === 200) this.revived.push(`${chosen.keyId} on ${replica}`);
    }
  }
}

/** So that the replica remembers the key. */
async function useOnce(client: TenantClient, replica: Replica): Promise<void> {
  while ((await client.attempt('/v1/jobs?limit=1', {}, replica))?.status !== 200) await delay(LOOK_EVERY_MS);
}

async function tryFor(
  client: TenantClient,
  replica: Replica,
  sinceMs: number,
): Promise<{ lastLetInMs: number | undefined; isRefused: boolean }> {
  let lastLetInMs: number | undefined;
  let isRefused = false;
  while (Date.now() < sinceMs + TRIED_MS) {
    const sentAtMs = Date.now();
    const answer = await client.attempt('/v1/jobs?limit=1', {}, replica);
    if (answer?.status === 200) lastLetInMs = sentAtMs - sinceMs;
    isRefused ||= answer?.status === 401;
    await delay(LOOK_EVERY_MS);
  }
  return { lastLetInMs, isRefused };
}
