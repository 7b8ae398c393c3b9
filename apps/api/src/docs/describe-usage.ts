import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiParam } from '@nestjs/swagger';
import { describeAnswer, describeErrors } from './describe-answers.js';

export function describeGetUsage(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'getUsage',
      tags: ['usage'],
      summary: 'What the caller takes of the installation now, beside its limits',
    }),
    describeAnswer(200, 'Every limit', 'Usage'),
    describeErrors(),
  );
}

export function describeGetKeyUsage(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'getApiKeyUsage',
      tags: ['admin'],
      summary: 'What the owner of a key takes of the installation now, beside the limits of the key',
    }),
    ApiParam({ name: 'id', description: 'Id of the API key', schema: { type: 'string' } }),
    describeAnswer(200, 'Every limit', 'Usage'),
    describeErrors('api_key_not_found', 'authentication_off'),
  );
}
