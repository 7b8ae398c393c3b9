import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { authenticateRequests } from './authenticate-requests.js';
import { TRUSTING } from './authenticator.js';
import { ADMIN_CALLER, callerOf } from './caller.js';
import { RouteWithoutAccessError } from './route-access.js';

describe('authenticateRequests', () => {
  it('refuses to add a route that the table does not list', () => {
    const fastify = Fastify();
    authenticateRequests(fastify, TRUSTING);
    expect(() => fastify.get('/v1/forgotten', () => 'open')).toThrow(RouteWithoutAccessError);
  });

  it('gives every request a caller, unless its route is for everybody', async () => {
    const fastify = Fastify();
    authenticateRequests(fastify, TRUSTING);
    fastify.get('/v1/jobs', async (httpRequest) => callerOf(httpRequest));
    fastify.get('/health/live', async (httpRequest) => callerOf(httpRequest));
    fastify.setNotFoundHandler(async (httpRequest) => callerOf(httpRequest).keyId);
    expect((await fastify.inject('/v1/jobs')).json()).toEqual(ADMIN_CALLER);
    expect((await fastify.inject('/v1/nothing')).body).toBe('admin');
    expect((await fastify.inject('/health/live')).statusCode).toBe(500);
  });
});
