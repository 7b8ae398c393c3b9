import { Controller, Get, HttpCode, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { validate } from '@tessera/chat-completions';
import { redeliverBodySchema, type WebhookDeliveryObject } from '@tessera/contracts';
import { type FastifyRequest } from 'fastify';
import { callerOf } from '../access/caller.js';
import {
  describeListDeliveries,
  describeRedeliver,
  describeRedeliverFailed,
} from '../docs/describe-webhook-deliveries.js';
import { type ListEnvelope } from '../http/to-list-envelope.js';
import { listDeliveriesQuerySchema } from './list-queries.js';
import { type RedeliveredCount, WebhookDeliveriesService } from './webhook-deliveries.service.js';

@Controller('v1/webhook_endpoints/:id')
export class WebhookDeliveriesController {
  constructor(@Inject(WebhookDeliveriesService) private readonly deliveries: WebhookDeliveriesService) {}

  @Get('deliveries')
  @describeListDeliveries()
  list(
    @Param('id') id: string,
    @Query() query: Record<string, unknown>,
    @Req() httpRequest: FastifyRequest,
  ): Promise<ListEnvelope<WebhookDeliveryObject>> {
    const { limit, after, status } = validate(listDeliveriesQuerySchema, query);
    return this.deliveries.list(callerOf(httpRequest).ownerId, id, {
      limit,
      ...(after === undefined ? {} : { after }),
      ...(status === undefined ? {} : { status }),
    });
  }

  @Post('deliveries/:deliveryId/redeliver')
  @HttpCode(200)
  @describeRedeliver()
  redeliver(
    @Param('id') id: string,
    @Param('deliveryId') deliveryId: string,
    @Req() httpRequest: FastifyRequest,
  ): Promise<WebhookDeliveryObject> {
    return this.deliveries.redeliver(callerOf(httpRequest).ownerId, id, deliveryId);
  }

  @Post('redeliver')
  @HttpCode(200)
  @describeRedeliverFailed()
  redeliverFailed(@Param('id') id: string, @Req() httpRequest: FastifyRequest): Promise<RedeliveredCount> {
    const { since } = validate(redeliverBodySchema, httpRequest.body);
    return this.deliveries.redeliverFailed(callerOf(httpRequest).ownerId, id, since);
  }
}
