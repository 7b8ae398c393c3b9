import { Readable } from 'node:stream';
import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { finishedFileOf, linesSoFar, type PartName } from '@tessera/batches';
import { type BatchStore } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { callerOf } from '../access/caller.js';
import { describeBatchResults } from '../docs/describe-batches.js';
import { beginWithin } from '../http/begin-within.js';
import { BATCH_STORE, OBJECT_STORE } from '../tokens.js';
import { BatchesService } from './batches.service.js';

/** Time in which a failure of the store is still the whole answer, and no broken one. */
const FIRST_LINES_MS = 10_000;

/** What a batch has come to so far; no part of OpenAI's API. */
@Controller('v1/batches')
export class BatchResultsController {
  constructor(
    @Inject(BATCH_STORE) private readonly batchStore: BatchStore,
    @Inject(OBJECT_STORE) private readonly objectStore: ObjectStore,
    @Inject(BatchesService) private readonly batches: BatchesService,
  ) {}

  @Get(':id/output')
  @describeBatchResults('output', 'answered')
  output(
    @Param('id') id: string,
    @Req() httpRequest: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.send({ id, name: 'output' }, httpRequest, reply);
  }

  @Get(':id/errors')
  @describeBatchResults('errors', 'failed')
  errors(
    @Param('id') id: string,
    @Req() httpRequest: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.send({ id, name: 'errors' }, httpRequest, reply);
  }

  private async send(
    { id, name }: { id: string; name: PartName },
    httpRequest: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const batch = await this.batches.find(id, callerOf(httpRequest).ownerId);
    void reply.header('cache-control', 'no-store');
    const fileId = finishedFileOf(batch, name);
    if (fileId !== undefined) {
      // Relative, so that it is right behind a proxy which serves us under a path of its own.
      void reply.redirect(`../../files/${fileId}/content`, 302);
      return;
    }
    const { batchStore, objectStore } = this;
    const lines =
      httpRequest.method === 'HEAD'
        ? []
        : await beginWithin(linesSoFar(id, name, { batches: batchStore, objectStore }), FIRST_LINES_MS);
    // Not awaited: a client that leaves early is no failure of this route.
    void reply.type('application/jsonl').send(Readable.from(lines, { objectMode: false }));
  }
}
