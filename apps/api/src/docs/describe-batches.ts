import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse } from '@nestjs/swagger';
import { refTo } from './components.js';
import { BODY_CODES, BODY_RULES, describeAnswer, describeErrors } from './describe-answers.js';
import { describeIdempotencyKey } from './describe-idempotency-key.js';
import { describePage } from './describe-page.js';

const tags = ['batches'];
const batchId = ApiParam({ name: 'id', description: 'Id of the batch', schema: { type: 'string' } });
const REPLAYED = {
  'Idempotent-Replayed': '`true` where the Idempotency-Key has made this batch earlier',
};

export function describeCreateBatch(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'createBatch',
      tags,
      summary: 'Work on the requests of an uploaded file',
      description:
        'The file, JSON Lines with one request a line, is checked afterwards: a batch whose input is not valid, or ' +
        'does not exist, becomes `failed`, and `errors` says why.',
    }),
    describeIdempotencyKey('batch'),
    ApiBody({ required: true, schema: refTo('CreateBatch') }),
    describeAnswer(200, 'The batch, about to be validated', 'Batch', REPLAYED),
    describeErrors(
      ...BODY_RULES,
      'idempotency_key_reused',
      'insufficient_quota',
      'open_batches_exceeded',
      'queued_rows_exceeded',
    ),
  );
}

export function describeListBatches(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ operationId: 'listBatches', tags, summary: 'List batches, newest first' }),
    describePage('batch', { most: 100, usual: 20 }),
    describeAnswer(200, 'A page of batches', 'BatchList'),
    describeErrors('invalid_type', 'invalid_value', 'unknown_parameter'),
  );
}

export function describeGetBatch(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ operationId: 'getBatch', tags, summary: 'Look at a batch' }),
    batchId,
    describeAnswer(200, 'The batch as it is now', 'Batch'),
    describeErrors('batch_not_found'),
  );
}

export function describeCancelBatch(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'cancelBatch',
      tags,
      summary: 'End a batch before its rows are done',
      description:
        'Rows under way are finished and no others are begun; then the files are put together and the batch is ' +
        '`cancelled`. What was done until then can be downloaded.',
    }),
    batchId,
    describeAnswer(200, 'The batch, `cancelling` or already `cancelled`', 'Batch'),
    describeErrors(...BODY_CODES, 'batch_not_found', 'batch_finished'),
  );
}

export function describeRetryBatch(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'retryBatch',
      tags,
      summary: 'Repeat the failed rows of a batch that has ended',
      description:
        'Makes a new batch of the rows in the error file: those that failed and those that never ran. It takes over ' +
        'input file, completion window, metadata and priority; `retry_of` names the batch that it repeats.',
    }),
    batchId,
    describeIdempotencyKey('batch'),
    ApiBody({ required: false, schema: refTo('RetryBatch') }),
    describeAnswer(200, 'The new batch', 'Batch', REPLAYED),
    describeErrors(
      ...BODY_RULES,
      'idempotency_key_reused',
      'batch_not_found',
      'batch_not_finished',
      'insufficient_quota',
      'open_batches_exceeded',
      'queued_rows_exceeded',
    ),
  );
}

export function describeBatchResults(name: 'output' | 'errors', rows: string): MethodDecorator {
  const text = { type: 'string' as const };
  return applyDecorators(
    ApiOperation({
      operationId: name === 'output' ? 'getBatchOutput' : 'getBatchErrors',
      tags,
      summary: `Read the lines of rows that have ${rows} so far`,
      description:
        'JSON Lines, each as in the file that the batch will have, in the order of the input. The rows of a chunk come ' +
        'together when its last one is done. Where the batch ends meanwhile, the rest of its lines follow.',
    }),
    batchId,
    ApiResponse({
      status: 200,
      description: 'What there is so far; of a batch that has ended without such a file, nothing',
      content: { 'application/jsonl': { schema: text } },
    }),
    ApiResponse({
      status: 302,
      description: 'The batch has ended: this is its file',
      headers: { location: { schema: text } },
    }),
    describeErrors('batch_not_found'),
  );
}
