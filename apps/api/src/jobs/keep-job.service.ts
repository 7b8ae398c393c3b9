import { Inject, Injectable } from '@nestjs/common';
import { type Config } from '@tessera/config';
import { type JobRecord } from '@tessera/contracts';
import { StorageLimitExceededError } from '@tessera/files';
import { type Logger } from '@tessera/observability';
import { type CreateJobOutcome, type JobStore, type NewJob } from '@tessera/queue';
import { IdempotencyKeyReusedError, QueueFullError } from '../errors/job.errors.js';
import { QueuedJobsExceededError } from '../errors/limit.errors.js';
import { CONFIG, JOB_STORE, LOGGER } from '../tokens.js';
import { type CreateJobCommand } from './create-job-command.js';
import { type CheckedImage, JobImagesService } from './job-images.service.js';
import { newJobId } from './new-job-id.js';
import { type JobContext } from './to-job-record.js';

export interface CreatedJob {
  record: JobRecord;
  /** The Idempotency-Key made this job earlier. */
  replayed: boolean;
}

/** What a job's record needs that only comes about as it is kept: its id, its stored images, the time. */
export type KeptJob = Pick<JobContext, 'id' | 'images' | 'createdAtMs' | 'defaultMaxAttempts'>;

/** A checked job before it has an id. */
export interface JobToKeep extends Omit<NewJob, 'record' | 'imageBytes'> {
  images: readonly CheckedImage[];
  toRecord(this: void, kept: KeptJob): JobRecord;
}

/** Keeps a checked job: its images first and the record last, so that no job is without its images. */
@Injectable()
export class KeepJobService {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(JOB_STORE) private readonly jobStore: JobStore,
    @Inject(JobImagesService) private readonly images: JobImagesService,
  ) {}

  /**
   * The job that this request has made before, whatever has changed since: its model may be gone, or a limit lower.
   * @throws {IdempotencyKeyReusedError}
   */
  async findEarlier({ idempotency }: CreateJobCommand): Promise<CreatedJob | undefined> {
    const use = idempotency === undefined ? undefined : await this.jobStore.findEarlierUse(idempotency);
    return use === undefined ? undefined : toCreatedJob(use);
  }

  /** @throws {TesseraError} nothing is kept then */
  async keep({ images, toRecord, ...rest }: JobToKeep): Promise<CreatedJob> {
    const id = newJobId();
    const record = toRecord({
      id,
      images: await this.images.store(id, images),
      createdAtMs: Date.now(),
      defaultMaxAttempts: this.config.jobs.maxAttempts,
    });
    const outcome = await this.createRecord({ record, ...rest, imageBytes: inlineBytes(images) });
    if (outcome.kind !== 'created') await this.removeImages(id);
    return toCreatedJob(outcome);
  }

  /**
   * A failure may come after Redis has taken the job. Its images are only deleted once Redis says that it has not;
   * where Redis cannot say, images without a job are the smaller harm than a job without its images.
   */
  private async createRecord(newJob: NewJob): Promise<CreateJobOutcome> {
    const { id } = newJob.record;
    try {
      return await this.jobStore.createJob(newJob);
    } catch (failure) {
      const record = await this.jobStore.getJob(id);
      if (record !== undefined) {
        this.logger.warn({ err: failure, jobId: id }, 'the job was kept though the answer of Redis was lost');
        return { kind: 'created', record };
      }
      await this.removeImages(id);
      throw failure;
    }
  }

  /** For images that no job names: failing to delete them must not hide what the client is to be told. */
  private async removeImages(id: string): Promise<void> {
    try {
      await this.images.remove(id);
    } catch (error) {
      this.logger.warn({ err: error, jobId: id }, 'images of a job that was not made are left behind');
    }
  }
}

function toCreatedJob(outcome: CreateJobOutcome): CreatedJob {
  switch (outcome.kind) {
    case 'created':
      return { record: outcome.record, replayed: false };
    case 'replayed':
      return { record: outcome.record, replayed: true };
    case 'key_reused':
      throw new IdempotencyKeyReusedError();
    case 'queue_full':
      throw new QueueFullError(outcome.waitingJobCount, outcome.limit);
    case 'owner_queue_full':
      throw new QueuedJobsExceededError(outcome.limit, outcome.waitingJobCount);
    case 'store_full':
      throw new StorageLimitExceededError(outcome.limitBytes, outcome.storedBytes);
  }
}

function inlineBytes(images: readonly CheckedImage[]): number {
  return images.reduce((sum, { source }) => sum + (source.kind === 'bytes' ? source.bytes.length : 0), 0);
}
