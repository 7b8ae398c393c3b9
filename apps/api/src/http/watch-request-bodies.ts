import { type IncomingMessage } from 'node:http';
import { type Config } from '@tessera/config';
import { type TesseraError } from '@tessera/contracts';
import { type FastifyInstance } from 'fastify';
import { UploadStalledError } from '../errors/file.errors.js';
import { RequestTimeoutError } from '../errors/request.errors.js';
import { answerOnSocket } from './answer-client-error.js';

/** Route configuration (`@RouteConfig`) of what takes a body that may be of any length and take any time. */
export const LONG_BODY = { hasLongBody: true } as const;

/** How often a long body is looked at within the time for which it may stand still. */
const CHECKS_PER_TIMEOUT = 8;

/**
 * Ends requests whose body comes too slowly: in Node's server there is one time limit for all of them, and a file of
 * gigabytes takes longer than anything else may. A long body must go on coming; any other must end in time.
 */
export function watchRequestBodies(fastify: FastifyInstance, { http, files }: Config): void {
  fastify.addHook('onRequest', async ({ raw, routeOptions }, reply) => {
    if (!hasBody(raw)) return;
    const end = (error: TesseraError): void => {
      // Half an answer is out already: nothing can be added to it.
      if (reply.raw.headersSent) raw.destroy();
      else answerOnSocket(raw.socket, error);
    };
    const stop =
      'hasLongBody' in routeOptions.config
        ? watchStandstill(raw, files.uploadIdleTimeoutMs, () =>
            end(new UploadStalledError(files.uploadIdleTimeoutMs)),
          )
        : watchEnd(raw, http.requestTimeoutMs, () =>
            end(new RequestTimeoutError(http.headersTimeoutMs, http.requestTimeoutMs)),
          );
    reply.raw.once('close', stop);
  });
}

/** Lets a request be silent while we work on it: the time limit for silent connections is for those nobody works on. */
export function allowSilence({ socket }: IncomingMessage): void {
  socket.setTimeout(0);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function watchEnd(raw: IncomingMessage, timeoutMs: number, onLate: () => void): () => void {
  const timer = setTimeout(() => {
    if (!raw.complete) onLate();
  }, timeoutMs);
  return () => clearTimeout(timer);
}

function watchStandstill(raw: IncomingMessage, timeoutMs: number, onStandstill: () => void): () => void {
  allowSilence(raw);
  let seenBytes = raw.socket.bytesRead;
  let idleChecks = 0;
  const timer = setInterval(() => {
    // Bytes that wait for us are no fault of the client's.
    const moves = raw.complete || raw.readableLength > 0 || raw.socket.bytesRead !== seenBytes;
    seenBytes = raw.socket.bytesRead;
    idleChecks = moves ? 0 : idleChecks + 1;
    if (idleChecks < CHECKS_PER_TIMEOUT) return;
    clearInterval(timer);
    onStandstill();
  }, timeoutMs / CHECKS_PER_TIMEOUT);
  return () => clearInterval(timer);
}
