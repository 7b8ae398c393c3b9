import { applyDecorators } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
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
