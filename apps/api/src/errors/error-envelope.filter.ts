import { type ArgumentsHost, Catch, type ExceptionFilter, NotFoundException } from '@nestjs/common';
import { type Config } from '@tessera/config';
import { type TesseraError } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { type AllowedMethods } from '../http/allowed-methods.js';
import { pathOf } from '../http/path-of.js';
import { MethodNotAllowedError, RouteNotFoundError } from './request.errors.js';
import { toErrorAnswer } from './to-error-answer.js';
import { toErrorContext, toTesseraError } from './to-tessera-error.js';

/** Turns whatever a route, Nest or Fastify throws into the error envelope, and logs what is our fault. */
@Catch()
export class ErrorEnvelopeFilter implements ExceptionFilter {
  constructor(
    private readonly config: Config,
    private readonly logger: Logger,
    private readonly allowedMethods: AllowedMethods,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const httpRequest = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const error = this.classify(thrown, httpRequest);
    const answer = toErrorAnswer(error);
    if (answer.status >= 500) this.logger.error({ err: error, requestId: httpRequest.id }, error.message);
    if (reply.raw.headersSent || reply.raw.destroyed) {
      // Half an answer is out: only cutting the connection tells the client that it is not whole.
      reply.raw.destroy();
      return;
    }
    // Set for an answer that then came to nothing.
    reply.removeHeader('location');
    void reply.status(answer.status).headers(answer.headers).type('application/json').send(answer.body);
  }

  private classify(thrown: unknown, httpRequest: FastifyRequest): TesseraError {
    if (thrown instanceof NotFoundException) return this.noRoute(httpRequest);
    return toTesseraError(thrown, toErrorContext(this.config, httpRequest));
  }

  private noRoute({ method, url }: FastifyRequest): TesseraError {
    const allowed = this.allowedMethods.forUrl(url);
    return allowed.length > 0 && !allowed.includes(method)
      ? new MethodNotAllowedError(method, allowed)
      : new RouteNotFoundError(method, pathOf(url));
  }
}
