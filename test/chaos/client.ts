import { setTimeout as delay } from 'node:timers/promises';
import { type Job } from '@tessera/contracts';

const REQUEST_TIMEOUT_MS = 30_000;
const RETRY_MS = 200;
const PAGE_SIZE = 100;

/** A request that no trying again can make right. */
export class RefusedError extends Error {
  constructor(
    readonly status: number,
    readonly body: string,
  ) {
    super(`the API answered ${status}: ${body}`);
    this.name = 'RefusedError';
  }
}

/** What a careful client does: it sends a request again, as it was, until the API has answered it. */
export class Client {
  constructor(
    private readonly url: string,
    private readonly signal: AbortSignal,
  ) {}

  /** The job, accepted; also where an earlier answer was lost. @throws {RefusedError} */
  async submit(body: object, idempotencyKey: string, waitSeconds = 0): Promise<Job> {
    const response = await this.send('/v1/jobs', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': idempotencyKey,
        ...(waitSeconds === 0 ? {} : { prefer: `wait=${waitSeconds}` }),
      },
      body: JSON.stringify(body),
    });
    return JSON.parse(response) as Job;
  }

  /** Whether the cancel was accepted; false: the job had ended. */
  async cancel(id: string): Promise<boolean> {
    try {
      await this.send(`/v1/jobs/${id}/cancel`, { method: 'POST' });
      return true;
    } catch (error) {
      if (error instanceof RefusedError && error.status === 409) return false;
      throw error;
    }
  }

  /** Undefined where there is no such job. */
  async job(id: string): Promise<Job | undefined> {
    try {
      return JSON.parse(await this.send(`/v1/jobs/${id}`)) as Job;
    } catch (error) {
      if (error instanceof RefusedError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Every job there is, or every one in a status. */
  async *jobs(status?: string): AsyncGenerator<Job> {
    const filter = status === undefined ? '' : `&status=${status}`;
    for (let after = ''; ;) {
      const page = JSON.parse(await this.send(`/v1/jobs?limit=${PAGE_SIZE}${filter}${after}`)) as {
        data: Job[];
        has_more: boolean;
      };
      yield* page.data;
      const last = page.data.at(-1);
      if (!page.has_more || last === undefined) return;
      after = `&after=${last.id}`;
    }
  }

  /** The body of the good answer, whenever it comes. @throws {RefusedError} */
  async send(path: string, init: RequestInit = {}): Promise<string> {
    for (;;) {
      this.signal.throwIfAborted();
      const answer = await this.attempt(path, init);
      if (answer !== undefined) return answer;
      await delay(RETRY_MS, undefined, { signal: this.signal });
    }
  }

  /** The body of a good answer; undefined where there was none, or one that asks to come again. */
  private async attempt(path: string, init: RequestInit): Promise<string | undefined> {
    let answer: { status: number; body: string };
    try {
      const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
      const response = await fetch(`${this.url}${path}`, { ...init, signal });
      answer = { status: response.status, body: await response.text() };
    } catch {
      // The API was killed, or is not up: whether it took the request is unknown, which is what the key is for.
      return undefined;
    }
    const { status, body } = answer;
    if (status < 300 || isJob(body)) return body;
    if (status >= 500 || status === 429) return undefined;
    throw new RefusedError(status, body);
  }
}

/** A job that failed is answered with the status of its error where the client waits for it. */
function isJob(body: string): boolean {
  return body.includes('"object":"job"');
}
