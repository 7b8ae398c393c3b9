import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam } from '@nestjs/swagger';
import { refTo } from './components.js';
import { BODY_RULES, describeAnswer, describeErrors } from './describe-answers.js';
import { describePage } from './describe-page.js';

const tags = ['admin'];
const keyId = ApiParam({ name: 'id', description: 'Id of the API key', schema: { type: 'string' } });

export function describeCreateApiKey(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'createApiKey',
      tags,
      summary: 'Make an API key',
      description:
        'The answer is the only one that has the key itself. With `owner` the new key shares the data of another one, ' +
        'so that a key can be replaced without losing what it made.',
    }),
    ApiBody({ required: true, schema: refTo('CreateApiKey') }),
    describeAnswer(200, 'The key, which works from now on', 'CreatedApiKey'),
    describeErrors(...BODY_RULES, 'authentication_off'),
  );
}

export function describeListApiKeys(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'listApiKeys',
      tags,
      summary: 'List API keys, newest first, with those that are revoked or have expired',
    }),
    describePage('API key', { most: 100, usual: 20 }),
    describeAnswer(200, 'A page of API keys', 'ApiKeyList'),
    describeErrors('invalid_type', 'invalid_value', 'unknown_parameter', 'authentication_off'),
  );
}

export function describeGetApiKey(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ operationId: 'getApiKey', tags, summary: 'Look at an API key' }),
    keyId,
    describeAnswer(200, 'The key', 'ApiKey'),
    describeErrors('api_key_not_found', 'authentication_off'),
  );
}

export function describeUpdateApiKey(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'updateApiKey',
      tags,
      summary: 'Change the name, the scopes or the limits of an API key',
      description:
        'What is absent stays as it is, every single limit too; a limit that is null is lifted. It takes effect ' +
        'within seconds on every replica of the API.',
    }),
    keyId,
    ApiBody({ required: true, schema: refTo('UpdateApiKey') }),
    describeAnswer(200, 'The key as it is now', 'ApiKey'),
    describeErrors(...BODY_RULES, 'api_key_not_found', 'api_key_revoked', 'authentication_off'),
  );
}

export function describeRevokeApiKey(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'revokeApiKey',
      tags,
      summary: 'Revoke an API key',
      description:
        'Within seconds it works on no replica of the API any more. It stays in the list, with `revoked_at`, and what ' +
        'it made stays too. Revoking again changes nothing.',
    }),
    keyId,
    describeAnswer(200, 'It is revoked', 'DeletedApiKey'),
    describeErrors(
      'api_key_not_found',
      'authentication_off',
      'invalid_json',
      'request_too_large',
      'unsupported_media_type',
    ),
  );
}
