import { type Logger, withLogContext } from '@tessera/observability';
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { InvalidRequestError, UnsupportedContentEncodingError } from '../errors/request.errors.js';
import { pathOf } from './path-of.js';

/**
 * What holds for every request: `x-request-id`, one log line, a Host header where HTTP/1.1 asks for one, and a body as
 * it is, since none is decompressed.
 */
export function registerHooks(fastify: FastifyInstance, logger: Logger): void {
  // What comes after reading the body runs in the context of the connection, so it is set again there.
  fastify.addHook('onRequest', enterLogContext);
  fastify.addHook('preValidation', enterLogContext);
  fastify.addHook('onRequest', async (httpRequest, reply) => {
    reply.header('x-request-id', httpRequest.id);
    if (httpRequest.raw.httpVersion === '1.1' && httpRequest.headers.host === undefined) {
      throw new InvalidRequestError('HTTP/1.1 asks for a Host header');
    }
    checkContentEncoding(httpRequest);
  });
  fastify.addHook('onResponse', async (httpRequest, reply) => {
    const fields = {
      requestId: httpRequest.id,
      method: httpRequest.method,
      path: pathOf(httpRequest.url),
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime),
      ...(httpRequest.caller === null ? {} : { keyId: httpRequest.caller.keyId }),
    };
    // Probes come every few seconds and say nothing while all is well.
    const level = fields.path.startsWith('/health/') && fields.status < 400 ? 'debug' : 'info';
    logger[level](fields, 'answered');
  });
}

function enterLogContext(httpRequest: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  withLogContext({ requestId: httpRequest.id }, done);
}

/** A body of GET or HEAD is never looked at. */
function checkContentEncoding({ method, headers }: FastifyRequest): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (method === 'GET' || method === 'HEAD' || encoding.toLowerCase() === 'identity') return;
  throw new UnsupportedContentEncodingError(encoding);
}
