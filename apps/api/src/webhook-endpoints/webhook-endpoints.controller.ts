import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import { validate } from '@tessera/chat-completions';
import {
  createWebhookEndpointBodySchema,
  rotateWebhookSecretBodySchema,
  testWebhookEndpointBodySchema,
  updateWebhookEndpointBodySchema,
  type WebhookEndpoint,
  type WebhookEndpointTest,
  type WebhookEndpointWithSecret,
} from '@tessera/contracts';
import { toWebhookEndpoint, toWebhookEndpointWithSecret } from '@tessera/webhooks';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { callerOf } from '../access/caller.js';
import {
  describeCreateWebhookEndpoint,
  describeDeleteWebhookEndpoint,
  describeGetWebhookEndpoint,
  describeListWebhookEndpoints,
  describeRotateWebhookSecret,
  describeTestWebhookEndpoint,
  describeUpdateWebhookEndpoint,
} from '../docs/describe-webhook-endpoints.js';
import { type ListEnvelope } from '../http/to-list-envelope.js';
import { listEndpointsQuerySchema } from './list-queries.js';
import { TestEndpointService } from './test-endpoint.service.js';
import { WebhookEndpointsService } from './webhook-endpoints.service.js';

@Controller('v1/webhook_endpoints')
export class WebhookEndpointsController {
  constructor(
    @Inject(WebhookEndpointsService) private readonly endpoints: WebhookEndpointsService,
    @Inject(TestEndpointService) private readonly tests: TestEndpointService,
  ) {}

  @Post()
  @HttpCode(200)
  @describeCreateWebhookEndpoint()
  async create(
    @Req() httpRequest: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WebhookEndpointWithSecret> {
    const body = validate(createWebhookEndpointBodySchema, httpRequest.body);
    reply.header('cache-control', 'no-store');
    return toWebhookEndpointWithSecret(await this.endpoints.create(ownerOf(httpRequest), body));
  }

  @Get()
  @describeListWebhookEndpoints()
  list(
    @Query() query: Record<string, unknown>,
    @Req() httpRequest: FastifyRequest,
  ): Promise<ListEnvelope<WebhookEndpoint>> {
    return this.endpoints.list(ownerOf(httpRequest), validate(listEndpointsQuerySchema, query));
  }

  @Get(':id')
  @describeGetWebhookEndpoint()
  async get(@Param('id') id: string, @Req() httpRequest: FastifyRequest): Promise<WebhookEndpoint> {
    return toWebhookEndpoint(await this.endpoints.get(ownerOf(httpRequest), id));
  }

  @Post(':id')
  @HttpCode(200)
  @describeUpdateWebhookEndpoint()
  async update(@Param('id') id: string, @Req() httpRequest: FastifyRequest): Promise<WebhookEndpoint> {
    const body = validate(updateWebhookEndpointBodySchema, httpRequest.body ?? {});
    return toWebhookEndpoint(await this.endpoints.update(ownerOf(httpRequest), id, body));
  }

  @Delete(':id')
  @describeDeleteWebhookEndpoint()
  async delete(
    @Param('id') id: string,
    @Req() httpRequest: FastifyRequest,
  ): Promise<{ id: string; object: 'webhook_endpoint.deleted'; deleted: true }> {
    await this.endpoints.delete(ownerOf(httpRequest), id);
    return { id, object: 'webhook_endpoint.deleted', deleted: true };
  }

  @Post(':id/rotate_secret')
  @HttpCode(200)
  @describeRotateWebhookSecret()
  async rotateSecret(
    @Param('id') id: string,
    @Req() httpRequest: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<WebhookEndpointWithSecret> {
    const body = validate(rotateWebhookSecretBodySchema, httpRequest.body ?? {});
    const keepOld = body.keep_old_secret_active_for_24_hours === true;
    reply.header('cache-control', 'no-store');
    const record = await this.endpoints.rotateSecret(ownerOf(httpRequest), id, { keepOld });
    return toWebhookEndpointWithSecret(record);
  }

  @Post(':id/test')
  @HttpCode(200)
  @describeTestWebhookEndpoint()
  async test(@Param('id') id: string, @Req() httpRequest: FastifyRequest): Promise<WebhookEndpointTest> {
    const { event_type: eventType } = validate(testWebhookEndpointBodySchema, httpRequest.body);
    const record = await this.endpoints.get(ownerOf(httpRequest), id);
    return this.tests.test(record, eventType);
  }
}

function ownerOf(httpRequest: FastifyRequest): string {
  return callerOf(httpRequest).ownerId;
}
