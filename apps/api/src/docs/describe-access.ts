import { type OpenAPIObject } from '@nestjs/swagger';
import { ERROR_CODES, type ErrorCode } from '@tessera/contracts';
import { accessOf } from '../access/route-access.js';
import { refTo } from './components.js';

/** Name of the security scheme in the document. */
export const KEY_SCHEME = 'apiKey';

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['get']>;

/** Adds to every operation who may call it, by the table that the API itself goes by. */
export function describeAccess(document: OpenAPIObject): OpenAPIObject {
  const paths = Object.entries(document.paths).map(([path, item]) => [path, describePath(path, item)]);
  return { ...document, paths: Object.fromEntries(paths) as OpenAPIObject['paths'] };
}

function describePath(path: string, item: PathItem): PathItem {
  const described = METHODS.flatMap((method) => {
    const operation = item[method];
    return operation === undefined ? [] : [[method, describeOperation(path, operation)] as const];
  });
  return { ...item, ...Object.fromEntries(described) };
}

function describeOperation(path: string, operation: Operation): Operation {
  const access = accessOf(path);
  if (access === 'everybody') return { ...operation, security: [] };
  const unknown = { 401: answer('invalid_api_key') };
  const responses =
    access === 'any key'
      ? unknown
      : { ...unknown, 403: answer('insufficient_scope', `It is \`${access}\`.`) };
  return {
    ...operation,
    security: [{ [KEY_SCHEME]: access === 'any key' ? [] : [access] }],
    responses: { ...operation.responses, ...responses },
  };
}

function answer(code: ErrorCode, more = '') {
  return {
    description: `\`${code}\`: ${ERROR_CODES[code].summary} ${more}`.trim(),
    headers: {
      'x-request-id': {
        description: 'Id of this request; also in the logs',
        schema: { type: 'string' as const },
      },
      'www-authenticate': { description: '`Bearer`', schema: { type: 'string' as const } },
    },
    content: { 'application/json': { schema: refTo('Error') } },
  };
}
