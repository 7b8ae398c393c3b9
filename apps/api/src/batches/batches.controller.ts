import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { validate } from '@tessera/chat-completions';
import { type Batch, createBatchBodySchema, retryBatchBodySchema } from '@tessera/contracts';
import { toBatchObject } from '@tessera/queue';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { callerOf } from '../access/caller.js';
import {
  describeCancelBatch,
  describeCreateBatch,
  describeGetBatch,
  describeListBatches,
  describeRetryBatch,
} from '../docs/describe-batches.js';
import { readIdempotencyKey } from '../http/idempotency-key.js';
import { type ListEnvelope } from '../http/to-list-envelope.js';
import { MAKES_WORK } from '../limits/limit-requests.js';
import { BatchesService } from './batches.service.js';
import { type BatchOrigin, type KeptBatch } from './keep-batch.service.js';
import { listBatchesQuerySchema } from './list-batches-query.js';

@Controller('v1/batches')
export class BatchesController {
  constructor(@Inject(BatchesService) private readonly batches: BatchesService) {}

  @Post()
  @HttpCode(200)
  @RouteConfig(MAKES_WORK)
  @describeCreateBatch()
  async create(
    @Req() httpRequest: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Batch> {
    const body = validate(createBatchBodySchema, httpRequest.body);
    return answerWith(reply, await this.batches.create(body, originOf(httpRequest)));
  }

  @Get()
  @describeListBatches()
  list(
    @Query() query: Record<string, unknown>,
    @Req() httpRequest: FastifyRequest,
  ): Promise<ListEnvelope<Batch>> {
    const { ownerId } = callerOf(httpRequest);
    const { limit, after } = validate(listBatchesQuerySchema, query);
    return this.batches.list({ ownerId, limit, ...(after === undefined ? {} : { after }) });
  }

  @Get(':id')
  @describeGetBatch()
  async get(@Param('id') id: string, @Req() httpRequest: FastifyRequest): Promise<Batch> {
    return toBatchObject(await this.batches.find(id, callerOf(httpRequest).ownerId));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @describeCancelBatch()
  async cancel(@Param('id') id: string, @Req() httpRequest: FastifyRequest): Promise<Batch> {
    return toBatchObject(await this.batches.cancel(id, callerOf(httpRequest).ownerId));
  }

  @Post(':id/retry')
  @HttpCode(200)
  @RouteConfig(MAKES_WORK)
  @describeRetryBatch()
  async retry(
    @Param('id') id: string,
    @Req() httpRequest: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Batch> {
    const body = validate(retryBatchBodySchema, httpRequest.body ?? {});
    return answerWith(reply, await this.batches.retry(id, body, originOf(httpRequest)));
  }
}

function originOf(httpRequest: FastifyRequest): BatchOrigin {
  const { id, headers } = httpRequest;
  const idempotencyKey = readIdempotencyKey(headers['idempotency-key']);
  return { caller: callerOf(httpRequest), requestId: id, idempotencyKey };
}

function answerWith(reply: FastifyReply, { record, replayed }: KeptBatch): Batch {
  if (replayed) reply.header('Idempotent-Replayed', 'true');
  return toBatchObject(record);
}
