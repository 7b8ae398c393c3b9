import { setTimeout as delay } from 'node:timers/promises';
import { type Job } from '@tessera/contracts';
import { Repeated } from './repeated.js';
import { type TenantBooks } from './tenant-book.js';
import { type Answer } from './tenant-client.js';
import { type Tenant, TENANT_NAMES, type Tenants } from './tenants.js';

const PAUSE_MS = 250;

type Pry = readonly [method: 'GET' | 'POST' | 'DELETE', path: string];

/** Clients of each tenant that ask for what others have, and look through their own lists for it. */
export class Pryers {
  /** Requests for what is another's that were answered. */
  asked = 0;
  /** Answers other than that there is no such thing. */
  readonly told: string[] = [];
  private readonly pryers: readonly Repeated[];

  constructor(
    tenants: Tenants,
    private readonly books: TenantBooks,
    private readonly random: () => number,
  ) {
    this.pryers = TENANT_NAMES.map((name) => new Repeated(() => this.pry(tenants[name])));
  }

  async stop(): Promise<void> {
    await Promise.all(this.pryers.map((pryer) => pryer.stop()));
  }

  private async pry(tenant: Tenant): Promise<void> {
    await delay(PAUSE_MS);
    const pry = this.choose(tenant);
    if (pry !== undefined) await this.pryInto(tenant, pry);
    await this.lookThroughOwn(tenant);
  }

  private async pryInto({ name, client }: Tenant, [method, path]: Pry): Promise<void> {
    const answer = await client.attempt(path, { method });
    if (answer === undefined || isNoAnswer(answer)) return;
    this.asked += 1;
    if (answer.status !== 404) this.told.push(`${name} was answered ${answer.status} to ${method} ${path}`);
  }

  private async lookThroughOwn({ name, client }: Tenant): Promise<void> {
    const answer = await client.attempt('/v1/jobs?limit=20');
    if (answer?.status !== 200) return;
    const { data } = JSON.parse(answer.body) as { data: Job[] };
    for (const { id, metadata } of data) {
      if (metadata['tenant'] !== name) this.told.push(`${name} has ${id} of another in its list`);
    }
  }

  private choose({ name }: Tenant): Pry | undefined {
    const others = TENANT_NAMES.filter((other) => other !== name);
    const book = this.books[this.pick(others) ?? name];
    const job = this.pick(book.jobs.slice(-50));
    const file = this.pick(book.files.slice(-20))?.id;
    const endpoint = this.pick(book.endpoints);
    return this.pick<Pry>([
      ...(job === undefined ? [] : pryIntoJob(job)),
      ...(file === undefined ? [] : pryIntoFile(file)),
      ...(endpoint === undefined ? [] : pryIntoEndpoint(endpoint)),
    ]);
  }

  private pick<T>(choices: readonly T[]): T | undefined {
    return choices[Math.floor(this.random() * choices.length)];
  }
}

/** A limit, or a process that was just killed: nothing was told. */
function isNoAnswer({ status }: Answer): boolean {
  return status === 429 || status >= 500;
}

function pryIntoJob(id: string): Pry[] {
  const path = `/v1/jobs/${id}`;
  return [
    ['GET', path],
    ['GET', `${path}/stream`],
    ['POST', `${path}/cancel`],
    ['DELETE', path],
  ];
}

function pryIntoFile(id: string): Pry[] {
  const path = `/v1/files/${id}`;
  return [
    ['GET', path],
    ['GET', `${path}/content`],
    ['DELETE', path],
  ];
}

function pryIntoEndpoint(id: string): Pry[] {
  const path = `/v1/webhook_endpoints/${id}`;
  return [
    ['GET', path],
    ['GET', `${path}/deliveries`],
    ['DELETE', path],
  ];
}
