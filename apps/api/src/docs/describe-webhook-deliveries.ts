import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiQuery } from '@nestjs/swagger';
import { DELIVERY_STATUSES } from '@tessera/contracts';
import { refTo } from './components.js';
import { BODY_CODES, BODY_RULES, describeAnswer, describeErrors } from './describe-answers.js';
import { describePage } from './describe-page.js';

const tags = ['webhooks'];
const endpointId = ApiParam({
  name: 'id',
  description: 'Id of the webhook endpoint',
  schema: { type: 'string' },
});

export function describeListDeliveries(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'listWebhookDeliveries',
      tags,
      summary: 'List what was delivered to an endpoint or is to be, newest first',
      description:
        'Deliveries that have ended leave the log after a while; see the settings of the operator.',
    }),
    endpointId,
    describePage('delivery', { most: 100, usual: 20 }),
    ApiQuery({
      name: 'status',
      required: false,
      schema: { type: 'string', enum: [...DELIVERY_STATUSES] },
    }),
    describeAnswer(200, 'A page of deliveries', 'WebhookDeliveryList'),
    describeErrors('invalid_type', 'invalid_value', 'unknown_parameter', 'webhook_endpoint_not_found'),
  );
}

export function describeRedeliver(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'redeliverWebhook',
      tags,
      summary: 'Deliver an event again',
      description:
        'Under the id that it had, by the schedule from its beginning, whatever came of it before.',
    }),
    endpointId,
    ApiParam({ name: 'deliveryId', description: 'Id of the delivery', schema: { type: 'string' } }),
    describeAnswer(200, 'The delivery, `pending` again', 'WebhookDelivery'),
    describeErrors(
      ...BODY_CODES,
      'webhook_endpoint_not_found',
      'webhook_delivery_not_found',
      'webhook_endpoint_disabled',
    ),
  );
}

export function describeRedeliverFailed(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'redeliverFailedWebhooks',
      tags,
      summary: 'Deliver again everything that has failed since a time',
      description: 'Of the log: what is `failed` or `exhausted`.',
    }),
    endpointId,
    ApiBody({ required: true, schema: refTo('RedeliverWebhooks') }),
    describeAnswer(200, 'How many begin anew', 'WebhookRedelivery'),
    describeErrors(...BODY_RULES, 'webhook_endpoint_not_found', 'webhook_endpoint_disabled'),
  );
}
