import { Inject, Injectable } from '@nestjs/common';
import { FINAL_JOB_STATUSES, type Job, type JobRecord } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { type JobQuery, type JobStore, RedisUnavailableError, toJobObject } from '@tessera/queue';
import { JobFinishedError, JobNotFinishedError, JobNotFoundError } from '../errors/job.errors.js';
import { type ListEnvelope, toListEnvelope } from '../http/to-list-envelope.js';
import { JOB_STORE, LOGGER } from '../tokens.js';
import { JobImagesService } from './job-images.service.js';
import { isJobId } from './new-job-id.js';

@Injectable()
export class JobsService {
  constructor(
    @Inject(JOB_STORE) private readonly jobStore: JobStore,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(JobImagesService) private readonly images: JobImagesService,
  ) {}

  /** The owner's job of this id. @throws {JobNotFoundError} also where it is another owner's */
  async find(id: string, ownerId: string): Promise<JobRecord> {
    const record = isJobId(id) ? await this.jobStore.getJob(id) : undefined;
    if (record?.ownerId !== ownerId || record.isHidden === true) throw new JobNotFoundError(id);
    return record;
  }

  /** The public job object, with its place in the queue while it waits, where Redis can tell. */
  async toObject(record: JobRecord): Promise<Job> {
    if (record.status !== 'queued') return toJobObject(record);
    const queuePosition = await this.unlessRedisIsAway(this.jobStore.queuePosition(record));
    return toJobObject(record, queuePosition);
  }

  async list(query: JobQuery): Promise<ListEnvelope<Job>> {
    const { records, hasMore } = await this.jobStore.listJobs(query);
    return toListEnvelope(
      records.map((record) => toJobObject(record)),
      hasMore,
    );
  }

  /** @throws {JobNotFoundError | JobFinishedError} */
  async cancel(id: string, ownerId: string): Promise<JobRecord> {
    await this.find(id, ownerId);
    const outcome = await this.jobStore.requestCancel(id);
    if (outcome === 'not_found') throw new JobNotFoundError(id);
    if (outcome === 'already_final') throw new JobFinishedError(id);
    return this.find(id, ownerId);
  }

  /**
   * Removes a job that has ended, with its images and its answer. Objects go first: should the process die between,
   * the job is still there and can be deleted again.
   * @throws {JobNotFoundError | JobNotFinishedError}
   */
  async delete(id: string, ownerId: string): Promise<void> {
    const record = await this.find(id, ownerId);
    if (!isFinal(record)) throw new JobNotFinishedError(id, record.status);
    await this.images.remove(id);
    if (!(await this.jobStore.deleteJob(id))) throw new JobNotFoundError(id);
  }

  /** The record once the job has ended, or as it is after `timeoutMs` or when the signal aborts. */
  async waitForFinal(
    record: JobRecord,
    options: { timeoutMs: number; signal: AbortSignal },
  ): Promise<JobRecord> {
    if (isFinal(record) || options.timeoutMs === 0) return record;
    return (await this.unlessRedisIsAway(this.jobStore.waitForFinal(record.id, options))) ?? record;
  }

  /** For a job that is already accepted: Redis gone since then must not make the client send it again. */
  private async unlessRedisIsAway<T>(reading: Promise<T>): Promise<T | undefined> {
    try {
      return await reading;
    } catch (error) {
      if (!(error instanceof RedisUnavailableError)) throw error;
      this.logger.warn({ err: error }, 'answering with what is known of the job');
      return undefined;
    }
  }
}

/** Whether the job has ended. */
export function isFinal({ status }: JobRecord): boolean {
  return FINAL_JOB_STATUSES.some((final) => final === status);
}
