import { type FastifyInstance } from 'fastify';
import { cutOffLater } from './cut-off-later.js';

/**
 * An answer may come while the client still sends: to a body that is too large, most of all. To close the connection at
 * once would reset it, and many a client would then see a broken connection in place of the answer. So the rest is read
 * and thrown away; a client that has not come to its end after a while is cut off.
 */
export function readOffRefusedBodies(fastify: FastifyInstance): void {
  fastify.addHook('onSend', async ({ raw }, reply) => {
    // Set by Fastify for a body that is too large; Node would close as soon as the answer is out.
    if (!raw.complete) reply.removeHeader('connection');
  });
  fastify.addHook('onResponse', async ({ raw }) => {
    if (raw.complete || raw.destroyed) return;
    raw.once('close', cutOffLater(raw.socket));
    raw.resume();
  });
}
