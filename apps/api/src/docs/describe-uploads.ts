import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiParam } from '@nestjs/swagger';
import { refTo } from './components.js';
import { BODY_CODES, BODY_RULES, describeAnswer, describeErrors } from './describe-answers.js';
import { FILE_FORM_CODES } from './describe-files.js';

const tags = ['uploads'];
const uploadId = ApiParam({ name: 'id', description: 'Id of the upload', schema: { type: 'string' } });

export function describeCreateUpload(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'createUpload',
      tags,
      summary: 'Begin a file that comes in parts',
      description: 'Its parts may be sent side by side, within an hour; `complete` makes the file of them.',
    }),
    ApiBody({ required: true, schema: refTo('CreateUpload') }),
    describeAnswer(200, 'The upload, which takes parts now', 'Upload'),
    describeErrors(...BODY_RULES, 'file_too_large', 'file_invalid', 'storage_limit_exceeded'),
  );
}

export function describeAddUploadPart(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ operationId: 'addUploadPart', tags, summary: 'Send a part, of at most 64 MiB' }),
    uploadId,
    ApiConsumes('multipart/form-data'),
    ApiBody({
      required: true,
      schema: {
        type: 'object',
        required: ['data'],
        properties: { data: { type: 'string', format: 'binary' } },
      },
    }),
    describeAnswer(200, 'The part', 'UploadPart'),
    describeErrors(...FILE_FORM_CODES, 'upload_not_found', 'upload_finished'),
  );
}

export function describeCompleteUpload(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'completeUpload',
      tags,
      summary: 'Make the file of the parts, in the order of the list',
      description: 'Doing it again with the same list gives the same file.',
    }),
    uploadId,
    ApiBody({ required: true, schema: refTo('CompleteUpload') }),
    describeAnswer(200, 'The upload with its file', 'Upload'),
    describeErrors(...BODY_RULES, 'file_invalid', 'upload_not_found', 'upload_finished'),
  );
}

export function describeCancelUpload(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ operationId: 'cancelUpload', tags, summary: 'Give an upload up, with its parts' }),
    uploadId,
    describeAnswer(200, 'The upload; cancelling again changes nothing', 'Upload'),
    describeErrors(...BODY_CODES, 'upload_not_found', 'upload_finished'),
  );
}
