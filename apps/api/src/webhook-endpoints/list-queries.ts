import { DELIVERY_STATUSES } from '@tessera/contracts';
import { isWebhookDeliveryId, isWebhookEndpointId } from '@tessera/webhooks';
import { z } from 'zod';
import { pageLimitSchema } from '../http/page-limit.js';

/** Query of `GET /v1/webhook_endpoints`. */
export const listEndpointsQuerySchema = z.strictObject({
  limit: pageLimitSchema,
  after: z.string().refine(isWebhookEndpointId, 'must be the id of a webhook endpoint').optional(),
});
export type ListEndpointsQuery = z.output<typeof listEndpointsQuerySchema>;

/** Query of `GET /v1/webhook_endpoints/{id}/deliveries`. */
export const listDeliveriesQuerySchema = z.strictObject({
  limit: pageLimitSchema,
  after: z.string().refine(isWebhookDeliveryId, 'must be the id of a delivery').optional(),
  status: z.enum(DELIVERY_STATUSES).optional(),
});
