import { setMaxListeners } from 'node:events';
import { type FastifyReply } from 'fastify';

/** Aborts when the client has gone (or the answer is out), or when `shutdown` does. */
export function connectionSignal(reply: FastifyReply, shutdown: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const abort = () => controller.abort();
  // One listener per open connection is the purpose here, not a leak; each is taken off again below.
  setMaxListeners(0, shutdown);
  if (shutdown.aborted || reply.raw.destroyed) abort();
  shutdown.addEventListener('abort', abort);
  reply.raw.once('close', () => {
    shutdown.removeEventListener('abort', abort);
    abort();
  });
  return controller.signal;
}
