import { type Socket } from 'node:net';
import { type FastifyInstance } from 'fastify';
import { type Shutdown } from './shutdown.js';

/**
 * Closes what Node's server leaves open when it is closed, and would wait for: connections on which nothing was asked
 * yet (browsers open them ahead of need), and those whose request was in flight and has now been answered.
 */
export function closeConnectionsAtShutdown(fastify: FastifyInstance, shutdown: Shutdown): void {
  const silent = new Set<Socket>();
  fastify.server.on('connection', (socket) => {
    if (shutdown.signal.aborted) {
      socket.destroy();
      return;
    }
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  fastify.addHook('onRequest', async ({ raw }) => void silent.delete(raw.socket));
  fastify.addHook('onResponse', async ({ raw }) => {
    if (shutdown.signal.aborted) raw.socket.end();
  });
  shutdown.signal.addEventListener('abort', () => silent.forEach((socket) => socket.destroy()));
}
