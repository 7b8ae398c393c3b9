import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { validate } from '@tessera/chat-completions';
import { type Config } from '@tessera/config';
import { ERROR_CODES, type Job, type JobRecord } from '@tessera/contracts';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { callerOf } from '../access/caller.js';
import {
  describeCancelJob,
  describeCreateJob,
  describeDeleteJob,
  describeGetJob,
  describeListJobs,
} from '../docs/describe-jobs.js';
import { retryHeaders } from '../errors/to-error-answer.js';
import { chooseBaseUrl } from '../http/base-url.js';
import { connectionSignal } from '../http/connection-signal.js';
import { readIdempotencyKey } from '../http/idempotency-key.js';
import { parsePreferHeader, type Preference } from '../http/prefer-header.js';
import { Shutdown } from '../http/shutdown.js';
import { type ListEnvelope } from '../http/to-list-envelope.js';
import { CONFIG } from '../tokens.js';
import { MAKES_WORK } from '../limits/limit-requests.js';
import { CreateJobService } from './create-job.service.js';
import { isFinal, JobsService } from './jobs.service.js';
import { listJobsQuerySchema } from './list-jobs-query.js';
import { readCreateJobBody } from './read-create-job-body.js';

@Controller('v1/jobs')
export class JobsController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(JobsService) private readonly jobs: JobsService,
    @Inject(CreateJobService) private readonly createJob: CreateJobService,
    @Inject(Shutdown) private readonly shutdown: Shutdown,
  ) {}

  @Post()
  @RouteConfig(MAKES_WORK)
  @describeCreateJob()
  async create(
    @Req() httpRequest: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Job> {
    const { headers } = httpRequest;
    const caller = callerOf(httpRequest);
    const key = readIdempotencyKey(headers['idempotency-key']);
    const { body, uploads, sha256 } = await readCreateJobBody(httpRequest, this.limits());
    const { record, replayed } = await this.createJob.create({
      body,
      uploads,
      caller,
      idempotency:
        key === undefined || sha256 === undefined
          ? undefined
          : { ownerId: caller.ownerId, key, bodySha256: sha256 },
      baseUrl: chooseBaseUrl(this.config.http, httpRequest.protocol, headers.host),
      requestId: httpRequest.id,
    });
    if (replayed) reply.header('Idempotent-Replayed', 'true');
    const preference = parsePreferHeader(headers['prefer'], this.config.http.maxWaitSeconds);
    return this.jobs.toObject(await this.answer(record, preference, reply));
  }

  @Get()
  @describeListJobs()
  list(
    @Query() query: Record<string, unknown>,
    @Req() httpRequest: FastifyRequest,
  ): Promise<ListEnvelope<Job>> {
    const { limit, after, status } = validate(listJobsQuerySchema, query);
    return this.jobs.list({
      ownerId: callerOf(httpRequest).ownerId,
      limit,
      ...(after === undefined ? {} : { after }),
      ...(status === undefined ? {} : { status }),
    });
  }

  @Get(':id')
  @describeGetJob()
  async get(@Param('id') id: string, @Req() httpRequest: FastifyRequest): Promise<Job> {
    return this.jobs.toObject(await this.jobs.find(id, callerOf(httpRequest).ownerId));
  }

  @Post(':id/cancel')
  @HttpCode(202)
  @describeCancelJob()
  async cancel(@Param('id') id: string, @Req() httpRequest: FastifyRequest): Promise<Job> {
    return this.jobs.toObject(await this.jobs.cancel(id, callerOf(httpRequest).ownerId));
  }

  @Delete(':id')
  @describeDeleteJob()
  async delete(
    @Param('id') id: string,
    @Req() httpRequest: FastifyRequest,
  ): Promise<{ id: string; object: 'job'; deleted: true }> {
    await this.jobs.delete(id, callerOf(httpRequest).ownerId);
    return { id, object: 'job', deleted: true };
  }

  private limits() {
    return { maxBodyBytes: this.config.http.maxBodyBytes, maxImageBytes: this.config.images.maxBytes };
  }

  /** 202 at once, or, after `Prefer: wait`, 200 for an answer and the status of its error code for a failure. */
  private async answer(record: JobRecord, preference: Preference, reply: FastifyReply): Promise<JobRecord> {
    if (preference.applied !== undefined) reply.header('Preference-Applied', preference.applied);
    const { waitSeconds } = preference;
    const latest =
      waitSeconds === undefined
        ? record
        : await this.jobs.waitForFinal(record, {
            timeoutMs: waitSeconds * 1000,
            signal: connectionSignal(reply, this.shutdown.signal),
          });
    if (waitSeconds === undefined || !isFinal(latest)) {
      reply.status(202).header('Location', `/v1/jobs/${latest.id}`);
    } else if (latest.error === undefined) {
      reply.status(200);
    } else {
      const entry = ERROR_CODES[latest.error.code];
      reply.status(entry.httpStatus).headers(retryHeaders(entry));
    }
    return latest;
  }
}
