import { type ApiKeyLimitsBody, type CreatedApiKey } from '@tessera/contracts';
import { Ledger } from './ledger.js';
import { TenantClient, type TenantClientOptions } from './tenant-client.js';

export const TENANT_NAMES = ['streams', 'queue', 'storage', 'tokens'] as const;
/** Each is named after the limit that its clients push against. */
export type TenantName = (typeof TENANT_NAMES)[number];

export interface TenantLimits {
  readonly concurrentRequests: number;
  readonly queuedJobs: number;
  readonly requestsPerSecond: number;
  readonly storedBytes: number;
  readonly tokensPerDay: number;
}

/** One key with its clients. */
export interface Tenant {
  readonly name: TenantName;
  readonly keyId: string;
  readonly client: TenantClient;
  readonly ledger: Ledger;
}

export type Tenants = Readonly<Record<TenantName, Tenant>>;

function limitsOf(name: TenantName, limits: TenantLimits): ApiKeyLimitsBody {
  switch (name) {
    case 'streams':
      return { concurrent_requests: limits.concurrentRequests };
    case 'queue':
      return { queued_jobs: limits.queuedJobs, weight: 2 };
    case 'storage':
      return { requests_per_second: limits.requestsPerSecond, stored_bytes: limits.storedBytes };
    case 'tokens':
      return { tokens_per_day: limits.tokensPerDay };
  }
}

/** Makes the keys over HTTP. */
export async function createTenants(
  admin: TenantClient,
  limits: TenantLimits,
  options: Omit<TenantClientOptions, 'key' | 'ledger'>,
): Promise<Tenants> {
  const create = async (name: TenantName): Promise<Tenant> => {
    const body = { name, scopes: ['jobs', 'files', 'webhooks'], limits: limitsOf(name, limits) };
    const { id, key } = await admin.post<CreatedApiKey>('/v1/admin/keys', body);
    const ledger = new Ledger();
    return { name, keyId: id, ledger, client: new TenantClient({ ...options, key, ledger }) };
  };
  return {
    streams: await create('streams'),
    queue: await create('queue'),
    storage: await create('storage'),
    tokens: await create('tokens'),
  };
}
