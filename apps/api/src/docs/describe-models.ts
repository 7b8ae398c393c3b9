import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiParam } from '@nestjs/swagger';
import { describeAnswer, describeErrors } from './describe-answers.js';

export function describeListModels(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'listModels',
      tags: ['models'],
      summary: 'Models that jobs may name: served by a worker now, or configured',
    }),
    describeAnswer(200, 'All of them', 'ModelList'),
    describeErrors(),
  );
}

export function describeGetModel(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ operationId: 'getModel', tags: ['models'], summary: 'Look at a model' }),
    ApiParam({
      name: 'id',
      description: 'Id of the model, a slash in it as %2F',
      schema: { type: 'string' },
    }),
    describeAnswer(200, 'The model', 'Model'),
    describeErrors('model_not_found'),
  );
}
