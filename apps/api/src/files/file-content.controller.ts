import { Readable } from 'node:stream';
import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { type Config } from '@tessera/config';
import { type FileRecord } from '@tessera/contracts';
import { FileStore } from '@tessera/files';
import { create as createContentDisposition } from 'content-disposition';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { callerOf } from '../access/caller.js';
import { describeFileContent } from '../docs/describe-files.js';
import { CONFIG } from '../tokens.js';
import { readByteRange } from './byte-range.js';

/** Time for which a signed URL is good: long enough to begin, as a download under way goes on. */
const REDIRECT_SECONDS = 3_600;

@Controller('v1/files')
export class FileContentController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(FileStore) private readonly files: FileStore,
  ) {}

  /** Whatever `Accept` says: OpenAI's clients ask for `application/binary`. */
  @Get(':id/content')
  @describeFileContent()
  async content(
    @Param('id') id: string,
    @Req() httpRequest: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const record = await this.files.find(id, callerOf(httpRequest).ownerId);
    const url = await this.redirectUrl(record);
    if (url !== undefined) {
      void reply.header('cache-control', 'no-store').redirect(url, 302);
      return;
    }
    await this.send(record, httpRequest, reply);
  }

  private async redirectUrl(record: FileRecord): Promise<string | undefined> {
    if (this.config.files.downloads === 'stream') return undefined;
    return this.files.presignContent(record.id, {
      expiresInSeconds: REDIRECT_SECONDS,
      contentDisposition: createContentDisposition(record.filename),
    });
  }

  private async send(record: FileRecord, httpRequest: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { headers, method } = httpRequest;
    const etag = `"${record.id}-${record.createdAtMs}"`;
    const ifRange = headers['if-range'];
    const isRangeWanted = ifRange === undefined || ifRange === etag;
    const range = isRangeWanted ? readByteRange(headers.range, record.bytes) : undefined;
    // Opened before the first header: should that fail, an error is the whole answer.
    const body =
      method === 'HEAD'
        ? Readable.from([])
        : (await this.files.openContent(record.id, range === undefined ? {} : { range })).body;
    reply.headers({
      'content-type': 'application/octet-stream',
      'content-disposition': createContentDisposition(record.filename),
      'content-length': String(range === undefined ? record.bytes : range.end - range.start),
      'accept-ranges': 'bytes',
      etag,
    });
    if (range !== undefined) {
      reply.status(206).header('content-range', `bytes ${range.start}-${range.end - 1}/${record.bytes}`);
    }
    // Not awaited: a client that leaves early is no failure of this route.
    void reply.send(body);
  }
}
