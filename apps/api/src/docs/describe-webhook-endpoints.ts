import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam } from '@nestjs/swagger';
import { refTo } from './components.js';
import { BODY_CODES, BODY_RULES, describeAnswer, describeErrors } from './describe-answers.js';
import { describePage } from './describe-page.js';

const tags = ['webhooks'];
const endpointId = ApiParam({
  name: 'id',
  description: 'Id of the webhook endpoint',
  schema: { type: 'string' },
});

export function describeCreateWebhookEndpoint(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'createWebhookEndpoint',
      tags,
      summary: 'Register a URL that is told of events',
      description:
        'Events are signed as Standard Webhooks says, with the secret that only this answer and that of ' +
        '`rotate_secret` show. The URL is https, or http into a network that the operator allows.',
    }),
    ApiBody({ required: true, schema: refTo('CreateWebhookEndpoint') }),
    describeAnswer(200, 'The endpoint with its secret', 'WebhookEndpointWithSecret'),
    describeErrors(...BODY_RULES, 'url_not_allowed', 'too_many_webhook_endpoints'),
  );
}

export function describeListWebhookEndpoints(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ operationId: 'listWebhookEndpoints', tags, summary: 'List endpoints, newest first' }),
    describePage('webhook endpoint', { most: 100, usual: 20 }),
    describeAnswer(200, 'A page of endpoints', 'WebhookEndpointList'),
    describeErrors('invalid_type', 'invalid_value', 'unknown_parameter'),
  );
}

export function describeGetWebhookEndpoint(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ operationId: 'getWebhookEndpoint', tags, summary: 'Look at an endpoint' }),
    endpointId,
    describeAnswer(200, 'The endpoint', 'WebhookEndpoint'),
    describeErrors('webhook_endpoint_not_found'),
  );
}

export function describeUpdateWebhookEndpoint(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'updateWebhookEndpoint',
      tags,
      summary: 'Change an endpoint',
      description:
        'What is absent stays. `status: "enabled"` enables one that was disabled: what was waiting for it goes on, and ' +
        'its failures are forgotten. Nothing that happens while it is disabled is kept for it.',
    }),
    endpointId,
    ApiBody({ required: false, schema: refTo('UpdateWebhookEndpoint') }),
    describeAnswer(200, 'The endpoint as it is now', 'WebhookEndpoint'),
    describeErrors(...BODY_RULES, 'url_not_allowed', 'webhook_endpoint_not_found'),
  );
}

export function describeDeleteWebhookEndpoint(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'deleteWebhookEndpoint',
      tags,
      summary: 'Remove an endpoint, its log, and what was waiting for it',
    }),
    endpointId,
    describeAnswer(200, 'It is gone', 'DeletedWebhookEndpoint'),
    describeErrors('webhook_endpoint_not_found', ...BODY_CODES),
  );
}

export function describeRotateWebhookSecret(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'rotateWebhookSecret',
      tags,
      summary: 'Give an endpoint a new secret',
      description:
        'With `keep_old_secret_active_for_24_hours` deliveries carry two signatures for a day, so that the receiver can ' +
        'change over when it likes; without, the old secret signs nothing any more.',
    }),
    endpointId,
    ApiBody({ required: false, schema: refTo('RotateWebhookSecret') }),
    describeAnswer(200, 'The endpoint with its new secret', 'WebhookEndpointWithSecret'),
    describeErrors(...BODY_RULES, 'webhook_endpoint_not_found'),
  );
}

export function describeGetWebhookSecret(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'getWebhookSecret',
      tags,
      summary: "Get the secret that signs events for the `webhook` URLs of the caller's jobs",
      description:
        'As Replicate has it. Every key has one of its own that never changes, shared with the keys that share its data. ' +
        'Registered endpoints have others.',
    }),
    describeAnswer(200, 'The secret', 'WebhookSecret'),
    describeErrors(),
  );
}

export function describeTestWebhookEndpoint(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'testWebhookEndpoint',
      tags,
      summary: 'Send an endpoint a sample event',
      description:
        'Once, signed like every event, with the id of a job or batch that does not exist. It is not in the log and ' +
        'counts neither for nor against the endpoint.',
    }),
    endpointId,
    ApiBody({ required: true, schema: refTo('TestWebhookEndpoint') }),
    describeAnswer(200, 'What the receiver answered, whatever it was', 'WebhookEndpointTest'),
    describeErrors(...BODY_RULES, 'webhook_endpoint_not_found', 'webhook_unreachable'),
  );
}
