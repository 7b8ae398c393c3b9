import { setTimeout as delay } from 'node:timers/promises';
import { FINAL_JOB_STATUSES, TesseraError } from '@tessera/contracts';
import { type z } from 'zod';
import { ServiceUnreachableError } from './errors.js';
import { type EncodedForm } from './job-form.js';
import { readAnswer, readJson, toRefusal } from './read-answer.js';
import { type JobStreamEvent, readJobStream } from './read-job-stream.js';
import { jobSchema, modelListSchema, type ServiceJob, type ServiceModel } from './schemas.js';
import { type RetryPolicy, withRetries } from './with-retries.js';

/** Time between two looks at a job that takes longer than the service waits. */
const POLL_INTERVAL_MS = 1_000;

export interface ServiceClientOptions {
  /** Address of the service, without a slash at its end. */
  readonly url: string;
  readonly retries: RetryPolicy;
  /** Ends every request. */
  readonly signal?: AbortSignal;
}

/** The `/v1` interface of a Tessera service, as far as the command line needs it. */
export class ServiceClient {
  constructor(private readonly options: ServiceClientOptions) {}

  async listModels(): Promise<ServiceModel[]> {
    return (await this.request('/v1/models', {}, modelListSchema)).data;
  }

  /**
   * Makes a job. Attempts carry one Idempotency-Key, so that an answer lost on the way makes no second job.
   * @param waitSeconds how long the service may hold the answer back for the job to end; absent: not at all
   */
  createJob(
    form: EncodedForm,
    { idempotencyKey, waitSeconds }: { idempotencyKey: string; waitSeconds?: number },
  ): Promise<ServiceJob> {
    const headers = {
      'content-type': form.contentType,
      'idempotency-key': idempotencyKey,
      prefer: waitSeconds === undefined ? 'respond-async' : `wait=${waitSeconds}`,
    };
    return this.request('/v1/jobs', { method: 'POST', headers, body: form.body }, jobSchema);
  }

  /** The job once it has ended. */
  async waitForEnd(job: ServiceJob): Promise<ServiceJob> {
    let latest = job;
    while (!isFinal(latest)) {
      await delay(POLL_INTERVAL_MS, undefined, { signal: this.options.signal });
      latest = await this.request(pathOf(job), {}, jobSchema);
    }
    return latest;
  }

  /** The events of a job, the job itself last. @throws {TesseraError} when the stream cannot be had or breaks off */
  async *streamEvents(job: ServiceJob): AsyncGenerator<JobStreamEvent> {
    const response = await this.send(`${pathOf(job)}/stream`, { headers: { accept: 'text/event-stream' } });
    if (!response.ok || response.body === null) throw toRefusal(response, await readJson(response));
    try {
      yield* readJobStream(response.body, response.url);
    } catch (cause) {
      throw this.toError(cause);
    }
  }

  private request<Schema extends z.ZodType>(
    path: string,
    init: RequestInit,
    schema: Schema,
  ): Promise<z.output<Schema>> {
    const attempt = async (): Promise<z.output<Schema>> => {
      const response = await this.send(path, init);
      try {
        return await readAnswer(response, schema);
      } catch (cause) {
        throw this.toError(cause);
      }
    };
    return withRetries(attempt, { policy: this.options.retries, signal: this.options.signal });
  }

  private async send(path: string, init: RequestInit): Promise<Response> {
    const { url, signal } = this.options;
    try {
      return await fetch(`${url}${path}`, { ...init, ...(signal === undefined ? {} : { signal }) });
    } catch (cause) {
      throw this.toError(cause);
    }
  }

  /** What is no refusal came from the connection. */
  private toError(cause: unknown): unknown {
    if (cause instanceof TesseraError || this.options.signal?.aborted === true) return cause;
    return new ServiceUnreachableError(this.options.url, rootMessage(cause), { cause });
  }
}

export function isFinal({ status }: ServiceJob): boolean {
  return (FINAL_JOB_STATUSES as readonly string[]).includes(status);
}

function pathOf({ id }: ServiceJob): string {
  return `/v1/jobs/${encodeURIComponent(id)}`;
}

/** `fetch` itself only says "fetch failed"; what failed is its cause. */
function rootMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return rootMessage(error.cause);
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}
