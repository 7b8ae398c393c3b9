import { setTimeout as delay } from 'node:timers/promises';
import { FINAL_JOB_STATUSES } from '@tessera/contracts';
import { type EncodedForm } from './job-form.js';
import { type JobStreamEvent, readJobStream } from './read-job-stream.js';
import { jobSchema, modelListSchema, type ServiceJob, type ServiceModel } from './schemas.js';
import { ServiceConnection, type ServiceConnectionOptions } from './service-connection.js';

/** Time between two looks at a job that takes longer than the service waits. */
const POLL_INTERVAL_MS = 1_000;

/** Jobs and models of a Tessera service, as far as the command line needs them. */
export class ServiceClient {
  private readonly connection: ServiceConnection;

  constructor(private readonly options: ServiceConnectionOptions) {
    this.connection = new ServiceConnection(options);
  }

  async listModels(): Promise<ServiceModel[]> {
    return (await this.connection.request('/v1/models', () => ({}), modelListSchema)).data;
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
    return this.connection.request(
      '/v1/jobs',
      () => ({ method: 'POST', headers, body: form.body }),
      jobSchema,
    );
  }

  /** The job once it has ended. */
  async waitForEnd(job: ServiceJob): Promise<ServiceJob> {
    let latest = job;
    while (!isFinal(latest)) {
      await delay(POLL_INTERVAL_MS, undefined, { signal: this.options.signal });
      latest = await this.connection.request(pathOf(job), () => ({}), jobSchema);
    }
    return latest;
  }

  /** The events of a job, the job itself last. @throws {TesseraError} when the stream cannot be had or breaks off */
  async *streamEvents(job: ServiceJob): AsyncGenerator<JobStreamEvent> {
    const headers = { accept: 'text/event-stream' };
    const { body, url } = await this.connection.openOnce(`${pathOf(job)}/stream`, { headers });
    try {
      yield* readJobStream(body, url);
    } catch (cause) {
      throw this.connection.toError(cause);
    }
  }
}

export function isFinal({ status }: ServiceJob): boolean {
  return (FINAL_JOB_STATUSES as readonly string[]).includes(status);
}

function pathOf({ id }: ServiceJob): string {
  return `/v1/jobs/${encodeURIComponent(id)}`;
}
