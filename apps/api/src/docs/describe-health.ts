import { applyDecorators } from '@nestjs/common';
import { ApiOperation } from '@nestjs/swagger';
import { describeAnswer } from './describe-answers.js';

export function describeLive(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ operationId: 'getLiveness', tags: ['health'], summary: 'Whether the process answers' }),
    describeAnswer(200, 'It does', 'Liveness'),
  );
}

export function describeReady(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'getReadiness',
      tags: ['health'],
      summary: 'Whether jobs can be taken: Redis answers and the object store can be written',
    }),
    describeAnswer(200, 'Ready', 'Readiness'),
    describeAnswer(503, 'Not ready; `parts` says why', 'Readiness'),
  );
}
