import { Body, Controller, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { MissingParameterError, validate } from '@tessera/chat-completions';
import { type Config } from '@tessera/config';
import {
  completeUploadBodySchema,
  createUploadBodySchema,
  type UploadObject,
  type UploadPartObject,
} from '@tessera/contracts';
import {
  FileTooLargeError,
  MAX_PART_BYTES,
  type StoredPart,
  toUploadObject,
  UploadStore,
} from '@tessera/files';
import { type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { callerOf } from '../access/caller.js';
import {
  describeAddUploadPart,
  describeCancelUpload,
  describeCompleteUpload,
  describeCreateUpload,
} from '../docs/describe-uploads.js';
import { checkFilename } from '../files/file-fields.js';
import { readFileForm } from '../files/read-file-form.js';
import { allowSilence, LONG_BODY } from '../http/watch-request-bodies.js';
import { CONFIG } from '../tokens.js';

/** The form of a part has nothing but its data. */
const noFields = z.strictObject({});

@Controller('v1/uploads')
export class UploadsController {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(UploadStore) private readonly uploads: UploadStore,
  ) {}

  @Post()
  @HttpCode(200)
  @describeCreateUpload()
  async create(@Body() body: unknown, @Req() httpRequest: FastifyRequest): Promise<UploadObject> {
    const { filename, purpose, bytes, expires_after } = validate(createUploadBodySchema, body);
    checkFilename(filename, purpose);
    const { ownerId, limits } = callerOf(httpRequest);
    const { maxBytes } = this.config.files;
    if (bytes > maxBytes) throw new FileTooLargeError(maxBytes, bytes, 'bytes');
    const fileSeconds = expires_after?.seconds ?? this.config.jobs.retentionSeconds;
    const upload = { ownerId, filename, purpose, bytes, fileSeconds };
    return toUploadObject(await this.uploads.create(upload, limits.storedBytes));
  }

  @Post(':id/parts')
  @HttpCode(200)
  @RouteConfig(LONG_BODY)
  @describeAddUploadPart()
  async addPart(@Param('id') id: string, @Req() httpRequest: FastifyRequest): Promise<UploadPartObject> {
    const { ownerId, limits } = callerOf(httpRequest);
    await this.uploads.find(id, ownerId);
    const { storedBytes: limitBytes } = limits;
    const rules = { fileField: 'data', maxFileBytes: MAX_PART_BYTES };
    const { taken, fields } = await readFileForm(httpRequest, rules, ({ source }, fieldsSoFar) => {
      validate(noFields, fieldsSoFar);
      return this.uploads.addPart(id, source, limitBytes === undefined ? {} : { limitBytes });
    });
    validate(noFields, fields);
    if (taken === undefined) throw new MissingParameterError('data is required', { param: 'data' });
    return toPartObject(taken);
  }

  @Post(':id/complete')
  @HttpCode(200)
  @describeCompleteUpload()
  async complete(
    @Param('id') id: string,
    @Body() body: unknown,
    @Req() httpRequest: FastifyRequest,
  ): Promise<UploadObject> {
    const { part_ids: partIds, md5 } = validate(completeUploadBodySchema, body);
    await this.uploads.find(id, callerOf(httpRequest).ownerId);
    // Gigabytes are put together meanwhile.
    allowSilence(httpRequest.raw);
    const { upload, file } = await this.uploads.complete(id, {
      partIds,
      ...(md5 === undefined ? {} : { md5 }),
    });
    return toUploadObject(upload, file);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @describeCancelUpload()
  async cancel(@Param('id') id: string, @Req() httpRequest: FastifyRequest): Promise<UploadObject> {
    await this.uploads.find(id, callerOf(httpRequest).ownerId);
    return toUploadObject(await this.uploads.cancel(id));
  }
}

function toPartObject({ id, uploadId, createdAtMs }: StoredPart): UploadPartObject {
  return { id, object: 'upload.part', created_at: Math.floor(createdAtMs / 1000), upload_id: uploadId };
}
