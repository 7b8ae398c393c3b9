import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { validate } from '@tessera/chat-completions';
import {
  type ApiKeyObject,
  createApiKeyBodySchema,
  type CreatedApiKey,
  updateApiKeyBodySchema,
} from '@tessera/contracts';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { callerOf } from '../access/caller.js';
import {
  describeCreateApiKey,
  describeGetApiKey,
  describeListApiKeys,
  describeRevokeApiKey,
  describeUpdateApiKey,
} from '../docs/describe-admin-keys.js';
import { type ListEnvelope } from '../http/to-list-envelope.js';
import { AdminKeysService } from './admin-keys.service.js';
import { type Actor } from './key-audit.js';
import { listKeysQuerySchema } from './list-keys-query.js';

@Controller('v1/admin/keys')
export class AdminKeysController {
  constructor(@Inject(AdminKeysService) private readonly keys: AdminKeysService) {}

  @Post()
  @HttpCode(200)
  @describeCreateApiKey()
  async create(
    @Req() httpRequest: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CreatedApiKey> {
    const body = validate(createApiKeyBodySchema, httpRequest.body);
    reply.header('cache-control', 'no-store');
    return this.keys.create(body, actorOf(httpRequest));
  }

  @Get()
  @describeListApiKeys()
  list(@Query() query: Record<string, unknown>): Promise<ListEnvelope<ApiKeyObject>> {
    const { limit, after } = validate(listKeysQuerySchema, query);
    return this.keys.list({ limit, ...(after === undefined ? {} : { after }) });
  }

  @Get(':id')
  @describeGetApiKey()
  get(@Param('id') id: string): Promise<ApiKeyObject> {
    return this.keys.get(id);
  }

  @Post(':id')
  @HttpCode(200)
  @describeUpdateApiKey()
  update(@Param('id') id: string, @Req() httpRequest: FastifyRequest): Promise<ApiKeyObject> {
    const body = validate(updateApiKeyBodySchema, httpRequest.body);
    return this.keys.update(id, body, actorOf(httpRequest));
  }

  @Delete(':id')
  @describeRevokeApiKey()
  async revoke(
    @Param('id') id: string,
    @Req() httpRequest: FastifyRequest,
  ): Promise<{ id: string; object: 'api_key'; deleted: true }> {
    await this.keys.revoke(id, actorOf(httpRequest));
    return { id, object: 'api_key', deleted: true };
  }
}

function actorOf(httpRequest: FastifyRequest): Actor {
  return { caller: callerOf(httpRequest), requestId: httpRequest.id };
}
