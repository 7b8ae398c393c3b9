import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { validate } from '@tessera/chat-completions';
import { type Batch, createBatchBodySchema, retryBatchBodySchema } from '@tessera/contracts';
import { toBatchObject } from '@tessera/queue';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import {
  describeCancelBatch,
  describeCreateBatch,
  describeGetBatch,
  describeListBatches,
  describeRetryBatch,
} from '../docs/describe-batches.js';
import { readIdempotencyKey } from '../http/idempotency-key.js';
import { type ListEnvelope } from '../http/to-list-envelope.js';
import { BatchesService } from './batches.service.js';
import { type BatchOrigin, type KeptBatch } from './keep-batch.service.js';
import { listBatchesQuerySchema } from './list-batches-query.js';

@Controller('v1/batches')
export class BatchesController {
  constructor(@Inject(BatchesService) private readonly batches: BatchesService) {}

  @Post()
  @HttpCode(200)
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
  list(@Query() query: Record<string, unknown>): Promise<ListEnvelope<Batch>> {
    const { limit, after } = validate(listBatchesQuerySchema, query);
    return this.batches.list({ limit, ...(after === undefined ? {} : { after }) });
  }

  @Get(':id')
  @describeGetBatch()
  async get(@Param('id') id: string): Promise<Batch> {
    return toBatchObject(await this.batches.find(id));
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @describeCancelBatch()
  async cancel(@Param('id') id: string): Promise<Batch> {
    return toBatchObject(await this.batches.cancel(id));
  }

  @Post(':id/retry')
  @HttpCode(200)
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

function originOf({ id, headers }: FastifyRequest): BatchOrigin {
  return { requestId: id, idempotencyKey: readIdempotencyKey(headers['idempotency-key']) };
}

function answerWith(reply: FastifyReply, { record, replayed }: KeptBatch): Batch {
  if (replayed) reply.header('Idempotent-Replayed', 'true');
  return toBatchObject(record);
}
