import { type FastifyInstance, type FastifyRequest, type RouteOptions } from 'fastify';
import { InsufficientScopeError } from '../errors/access.errors.js';
import { type Authenticator } from './authenticator.js';
import { accessOf, type RouteAccess } from './route-access.js';

/**
 * Asks every request for a key and the scope of its route, before its body is read. To be called before routes are
 * added: adding one that the table does not list is an error.
 */
export function authenticateRequests(fastify: FastifyInstance, authenticator: Authenticator): void {
  fastify.decorateRequest('caller', null);
  fastify.addHook('onRoute', ({ url }: RouteOptions) => void accessOf(url));
  fastify.addHook('onRequest', async (httpRequest) => {
    const access = accessTo(httpRequest);
    if (access === 'everybody') return;
    const caller = await authenticator.authenticate(httpRequest.headers.authorization);
    if (access !== 'any key' && !caller.scopes.includes(access)) throw new InsufficientScopeError(access);
    httpRequest.caller = caller;
  });
}

/** To strangers a path without a route is like one with: only whoever has a key learns that it is none. */
function accessTo({ routeOptions }: FastifyRequest): RouteAccess {
  return routeOptions.url === undefined ? 'any key' : accessOf(routeOptions.url);
}
