import { randomUUID } from 'node:crypto';
import { type Job } from '@tessera/contracts';
import { type TenantBook } from './tenant-book.js';
import { jsonPost } from './tenant-client.js';
import { type Tenant } from './tenants.js';

const MOST_TOKENS = 8;

export interface Question {
  readonly images?: readonly string[];
  readonly model?: string;
  /** Seconds that the request waits for the answer. */
  readonly wait?: number;
}

/** Asks as one tenant: every job under an `Idempotency-Key` of its own, sent again until it is answered. */
export class Asker {
  private count = 0;

  constructor(
    readonly tenant: Tenant,
    readonly book: TenantBook,
  ) {}

  /** The accepted job; undefined where the answer was a refusal after which coming again soon does not help. */
  async ask({ images = [], model = 'tessera-tiny', wait }: Question = {}): Promise<Job | undefined> {
    this.count += 1;
    const { name, client } = this.tenant;
    const body = {
      model,
      question: `Question ${this.count} of ${name}?`,
      ...(images.length === 0 ? {} : { images }),
      max_completion_tokens: MOST_TOKENS,
      metadata: { tenant: name },
    };
    const headers = {
      'idempotency-key': randomUUID(),
      ...(wait === undefined ? {} : { prefer: `wait=${wait}` }),
    };
    const { status, code, body: answer } = await client.send('/v1/jobs', jsonPost(body, headers));
    if (status === 429) return undefined;
    if (!answer.includes('"object":"job"'))
      throw new Error(`${name} was answered ${status} ${code}: ${answer}`);
    const job = JSON.parse(answer) as Job;
    this.book.jobs.push(job.id);
    return job;
  }

  /** Removes an ended job, and remembers how it ended. */
  async delete(id: string): Promise<void> {
    const { client } = this.tenant;
    this.book.deletedJobs.set(id, await client.json<Job>(`/v1/jobs/${id}`));
    const { status, body } = await client.send(`/v1/jobs/${id}`, { method: 'DELETE' });
    // Where the answer to the first request was lost.
    if (status !== 200 && status !== 404) throw new Error(`${id} was not deleted: ${status} ${body}`);
  }
}
