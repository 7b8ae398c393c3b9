import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { callerOf } from '../access/caller.js';
import { describeStreamJob } from '../docs/describe-jobs.js';
import { connectionSignal } from '../http/connection-signal.js';
import { readLastEventId } from '../http/last-event-id.js';
import { sendEventStream } from '../http/send-event-stream.js';
import { Shutdown } from '../http/shutdown.js';
import { StreamPlaces } from '../http/stream-places.js';
import { JobStreamService } from './job-stream.service.js';
import { JobsService } from './jobs.service.js';

@Controller('v1/jobs')
export class JobStreamController {
  constructor(
    @Inject(JobsService) private readonly jobs: JobsService,
    @Inject(JobStreamService) private readonly streams: JobStreamService,
    @Inject(StreamPlaces) private readonly places: StreamPlaces,
    @Inject(Shutdown) private readonly shutdown: Shutdown,
  ) {}

  @Get(':id/stream')
  @describeStreamJob()
  async stream(
    @Param('id') id: string,
    @Req() httpRequest: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { afterId, ended } = readLastEventId(httpRequest.headers['last-event-id']);
    const { ownerId } = callerOf(httpRequest);
    const record = await this.jobs.find(id, ownerId);
    if (ended) {
      // Tells a browser's EventSource, which comes back whenever a stream ends, to stop.
      void reply.status(204).send();
      return;
    }
    const signal = connectionSignal(reply, this.shutdown.signal);
    this.places.take(ownerId, signal);
    sendEventStream(reply, this.streams.text(record, afterId, signal));
  }
}
