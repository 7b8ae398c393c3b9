import { type Logger } from '@tessera/observability';
import { type FastifyInstance } from 'fastify';
import { InvalidRequestError } from '../errors/request.errors.js';
import { pathOf } from './path-of.js';

/** What holds for every request: `x-request-id`, one log line, and a Host header where HTTP/1.1 asks for one. */
export function registerHooks(fastify: FastifyInstance, logger: Logger): void {
  fastify.addHook('onRequest', async (httpRequest, reply) => {
    reply.header('x-request-id', httpRequest.id);
    if (httpRequest.raw.httpVersion === '1.1' && httpRequest.headers.host === undefined) {
      throw new InvalidRequestError('HTTP/1.1 asks for a Host header');
    }
  });
  fastify.addHook('onResponse', async (httpRequest, reply) => {
    const fields = {
      requestId: httpRequest.id,
      method: httpRequest.method,
      path: pathOf(httpRequest.url),
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime),
    };
    // Probes come every few seconds and say nothing while all is well.
    const level = fields.path.startsWith('/health/') && fields.status < 400 ? 'debug' : 'info';
    logger[level](fields, 'answered');
  });
}
