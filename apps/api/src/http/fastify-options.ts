import { type Config } from '@tessera/config';
import { type FastifyReply, type FastifyRequest, type FastifyServerOptions } from 'fastify';
import { toErrorAnswer } from '../errors/to-error-answer.js';
import { toErrorContext, toTesseraError } from '../errors/to-tessera-error.js';
import { answerClientErrors, MAX_HEADER_BYTES } from './answer-client-error.js';
import { chooseRequestId } from './request-id.js';

/** How often Node looks for connections whose headers or request are late, in milliseconds. */
const TIMEOUT_CHECK_INTERVAL_MS = 1_000;
/** Time beyond the longest wait after which a silent connection is closed, in milliseconds. */
const SILENCE_AFTER_WAIT_MS = 60_000;

/** Limits and low-level error answers of the HTTP server. */
export function fastifyOptions(config: Config) {
  const { http } = config;
  return {
    bodyLimit: http.maxBodyBytes,
    // One limit for all would cut files short: watchRequestBodies has one for each kind of body.
    requestTimeout: 0,
    // `Prefer: wait` and chat completions are silent while they wait.
    connectionTimeout: Math.max(http.maxWaitSeconds, http.maxChatSeconds) * 1000 + SILENCE_AFTER_WAIT_MS,
    http: {
      headersTimeout: http.headersTimeoutMs,
      maxHeaderSize: MAX_HEADER_BYTES,
      connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
      // Node answers a missing Host header with a bare 400; registerHooks does it with the envelope.
      requireHostHeader: false,
    },
    genReqId: (request) => chooseRequestId(request.headers['x-request-id']),
    // While closing, requests on open connections still get their real answer.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: (error: Error, httpRequest: FastifyRequest, reply: FastifyReply) => {
      const answer = toErrorAnswer(toTesseraError(error, toErrorContext(config, httpRequest)));
      reply.header('x-request-id', httpRequest.id);
      void reply.status(answer.status).headers(answer.headers).send(answer.body);
    },
    clientErrorHandler: answerClientErrors(http),
  } satisfies FastifyServerOptions & { http: object };
}
