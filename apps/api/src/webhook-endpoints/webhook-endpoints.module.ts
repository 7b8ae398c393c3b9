import { Module } from '@nestjs/common';
import { TestEndpointService } from './test-endpoint.service.js';
import { WebhookDeliveriesController } from './webhook-deliveries.controller.js';
import { WebhookDeliveriesService } from './webhook-deliveries.service.js';
import { WebhookEndpointsController } from './webhook-endpoints.controller.js';
import { WebhookSecretController } from './webhook-secret.controller.js';
import { WebhookEndpointsService } from './webhook-endpoints.service.js';

@Module({
  controllers: [WebhookEndpointsController, WebhookDeliveriesController, WebhookSecretController],
  providers: [WebhookEndpointsService, WebhookDeliveriesService, TestEndpointService],
})
export class WebhookEndpointsModule {}
