import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { validate } from '@tessera/chat-completions';
import { type FileObject } from '@tessera/contracts';
import { FileNotFoundError, FileStore, toFileObject } from '@tessera/files';
import { type FastifyRequest } from 'fastify';
import { callerOf } from '../access/caller.js';
import {
  describeCreateFile,
  describeDeleteFile,
  describeGetFile,
  describeListFiles,
} from '../docs/describe-files.js';
import { type ListEnvelope, toListEnvelope } from '../http/to-list-envelope.js';
import { LONG_BODY } from '../http/watch-request-bodies.js';
import { CreateFileService } from './create-file.service.js';
import { listFilesQuerySchema } from './list-files-query.js';

@Controller('v1/files')
export class FilesController {
  constructor(
    @Inject(FileStore) private readonly files: FileStore,
    @Inject(CreateFileService) private readonly createFile: CreateFileService,
  ) {}

  @Post()
  @HttpCode(200)
  @RouteConfig(LONG_BODY)
  @describeCreateFile()
  async create(@Req() httpRequest: FastifyRequest): Promise<FileObject> {
    return toFileObject(await this.createFile.create(httpRequest));
  }

  @Get()
  @describeListFiles()
  async list(
    @Query() query: Record<string, unknown>,
    @Req() httpRequest: FastifyRequest,
  ): Promise<ListEnvelope<FileObject>> {
    const { limit, order, after, purpose } = validate(listFilesQuerySchema, query);
    const { records, hasMore } = await this.files.list({
      ownerId: callerOf(httpRequest).ownerId,
      limit,
      order,
      ...(after === undefined ? {} : { after }),
      ...(purpose === undefined ? {} : { purpose }),
    });
    return toListEnvelope(records.map(toFileObject), hasMore);
  }

  @Get(':id')
  @describeGetFile()
  async get(@Param('id') id: string, @Req() httpRequest: FastifyRequest): Promise<FileObject> {
    return toFileObject(await this.files.find(id, callerOf(httpRequest).ownerId));
  }

  @Delete(':id')
  @describeDeleteFile()
  async delete(
    @Param('id') id: string,
    @Req() httpRequest: FastifyRequest,
  ): Promise<{ id: string; object: 'file'; deleted: true }> {
    await this.files.find(id, callerOf(httpRequest).ownerId);
    if (!(await this.files.delete(id))) throw new FileNotFoundError(id);
    return { id, object: 'file', deleted: true };
  }
}
