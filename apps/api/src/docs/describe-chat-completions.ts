import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import { refTo } from './components.js';
import { BODY_CODES, describeErrors } from './describe-answers.js';
import { CONVERSATION_ERRORS, JOB_FAILURES } from './describe-jobs.js';

const EXAMPLE = {
  model: 'tessera-tiny',
  messages: [
    {
      role: 'user',
      content: [
        { type: 'image_url', image_url: { url: 'https://example.com/cat.jpg', detail: 'low' } },
        { type: 'text', text: 'What is in this picture?' },
      ],
    },
  ],
  max_completion_tokens: 64,
};

export function describeCreateChatCompletion(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'createChatCompletion',
      tags: ['chat'],
      summary: 'Ask a question about images, as OpenAI would be asked',
      description:
        'Waits in the same queue as jobs, and is cancelled when the connection closes. With `stream` the answer comes ' +
        'as server-sent events that end with `data: [DONE]`; a failure after the first chunk is an event with `error`. ' +
        'Without `temperature` the answer is greedy. A null field counts as absent, an unknown one is refused.',
      requestBody: {
        required: true,
        content: { 'application/json': { schema: refTo('CreateChatCompletion'), example: EXAMPLE } },
      },
    }),
    ApiResponse({
      status: 200,
      description: 'The answer; with `stream`, chunk by chunk',
      headers: {
        'x-request-id': { description: 'Id of this request; also in the logs', schema: { type: 'string' } },
      },
      content: {
        'application/json': { schema: refTo('ChatCompletion') },
        'text/event-stream': { schema: refTo('ChatCompletionChunk') },
      },
    }),
    describeErrors(
      ...BODY_CODES,
      ...CONVERSATION_ERRORS,
      'unsupported_parameter',
      'unsupported_response_format',
      'too_many_streams',
      'answer_diverged',
      ...JOB_FAILURES,
    ),
  );
}
