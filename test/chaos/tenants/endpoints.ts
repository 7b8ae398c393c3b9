import { JOB_EVENT_TYPES, type WebhookEndpointWithSecret } from '@tessera/contracts';
import { EndpointReceiver, type Manner } from './endpoint-receiver.js';
import { type TenantBooks } from './tenant-book.js';
import { type Tenant, TENANT_NAMES, type TenantName, type Tenants } from './tenants.js';

/** A registered endpoint of a tenant. */
export interface Endpoint {
  readonly id: string;
  readonly tenant: Tenant;
  readonly receiver: EndpointReceiver;
  /** Jobs that end later are told to it. */
  readonly registeredAtMs: number;
}

/** Who is told badly: the half-failing and the dead one stand beside a good one that is told as much. */
const BAD: readonly (readonly [TenantName, Manner])[] = [
  ['queue', 'half failing'],
  ['queue', 'dead'],
  ['tokens', 'slow'],
];

/** The endpoints of all tenants, with their receivers. */
export class Endpoints {
  readonly all: Endpoint[] = [];

  constructor(
    private readonly tenants: Tenants,
    private readonly books: TenantBooks,
  ) {}

  /** One for each tenant. */
  async registerGood(): Promise<void> {
    for (const name of TENANT_NAMES) await this.register(name, 'good');
  }

  async registerBad(): Promise<void> {
    for (const [name, manner] of BAD) await this.register(name, manner);
  }

  good(name: TenantName): EndpointReceiver {
    const found = this.all.find(({ tenant, receiver }) => tenant.name === name && receiver.manner === 'good');
    if (found === undefined) throw new Error(`${name} has no endpoint`);
    return found.receiver;
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map(({ receiver }) => receiver.close()));
  }

  private async register(name: TenantName, manner: Manner): Promise<void> {
    const tenant = this.tenants[name];
    const receiver = await EndpointReceiver.start(manner);
    const body = { name: `${name}, ${manner}`, url: receiver.url, event_types: JOB_EVENT_TYPES };
    const made = await tenant.client.post<WebhookEndpointWithSecret>('/v1/webhook_endpoints', body);
    receiver.setSecret(made.signing_secret);
    this.books[name].endpoints.push(made.id);
    this.all.push({ id: made.id, tenant, receiver, registeredAtMs: Date.now() });
  }
}
