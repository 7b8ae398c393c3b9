import { applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
} from '@nestjs/swagger';
import { FILE_PURPOSES, MAX_FILE_SECONDS, MIN_FILE_SECONDS, UPLOAD_PURPOSES } from '@tessera/contracts';
import { MAX_FILES_PER_PAGE } from '../files/list-files-query.js';
import { describeAnswer, describeErrors } from './describe-answers.js';
import { describePage } from './describe-page.js';

const tags = ['files'];
const fileId = ApiParam({ name: 'id', description: 'Id of the file', schema: { type: 'string' } });
const binary = { schema: { type: 'string' as const, format: 'binary' } };
const text = { type: 'string' as const };

/** Refusals of a form with a file in it: nothing is kept. */
export const FILE_FORM_CODES = [
  'missing_required_parameter',
  'invalid_json',
  'invalid_type',
  'invalid_value',
  'unknown_parameter',
  'file_too_large',
  'storage_limit_exceeded',
  'request_too_large',
  'unsupported_media_type',
] as const;

export function describeCreateFile(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'createFile',
      tags,
      summary: 'Upload a file',
      description:
        'The parts of the form may come in any order. The file goes into the store as it arrives and may take as long ' +
        'as it needs. A file for `batch` is named `*.jsonl`, and its first line must be a JSON object.',
    }),
    ApiConsumes('multipart/form-data'),
    ApiBody({
      required: true,
      schema: {
        type: 'object',
        required: ['file', 'purpose'],
        properties: {
          file: { type: 'string', format: 'binary' },
          purpose: { type: 'string', enum: [...UPLOAD_PURPOSES] },
          'expires_after[anchor]': { type: 'string', enum: ['created_at'] },
          'expires_after[seconds]': {
            type: 'integer',
            minimum: MIN_FILE_SECONDS,
            maximum: MAX_FILE_SECONDS,
          },
        },
      },
    }),
    describeAnswer(200, 'The file', 'File'),
    describeErrors(...FILE_FORM_CODES, 'file_invalid'),
  );
}

export function describeListFiles(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ operationId: 'listFiles', tags, summary: 'List files, newest first' }),
    describePage('file', { most: MAX_FILES_PER_PAGE, usual: MAX_FILES_PER_PAGE }),
    ApiQuery({
      name: 'order',
      required: false,
      schema: { type: 'string', enum: ['asc', 'desc'], default: 'desc' },
    }),
    ApiQuery({ name: 'purpose', required: false, schema: { type: 'string', enum: [...FILE_PURPOSES] } }),
    describeAnswer(200, 'A page of files', 'FileList'),
    describeErrors('invalid_type', 'invalid_value', 'unknown_parameter'),
  );
}

export function describeGetFile(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ operationId: 'getFile', tags, summary: 'Look at a file' }),
    fileId,
    describeAnswer(200, 'The file', 'File'),
    describeErrors('file_not_found'),
  );
}

export function describeDeleteFile(): MethodDecorator {
  return applyDecorators(
    ApiOperation({ operationId: 'deleteFile', tags, summary: 'Remove a file and its content' }),
    fileId,
    describeAnswer(200, 'It is gone', 'DeletedFile'),
    describeErrors('file_not_found', 'invalid_json', 'request_too_large', 'unsupported_media_type'),
  );
}

export function describeFileContent(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      operationId: 'getFileContent',
      tags,
      summary: 'Read the bytes of a file',
      description:
        'Whatever `Accept` asks for. One range of bytes may be asked for, to go on with a download.',
    }),
    fileId,
    ApiHeader({ name: 'Range', required: false, description: '`bytes=<first>-<last>`', schema: text }),
    ApiResponse({ status: 200, description: 'All of it', content: { 'application/octet-stream': binary } }),
    ApiResponse({ status: 206, description: 'A range', content: { 'application/octet-stream': binary } }),
    ApiResponse({
      status: 302,
      description: 'The store has it at this signed URL; only with TESSERA_DOWNLOADS=redirect',
      headers: { location: { schema: text } },
    }),
    describeErrors('file_not_found', 'range_not_satisfiable'),
  );
}
