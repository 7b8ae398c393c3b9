import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { toNestLogger } from '@tessera/observability';
import { type FastifyInstance } from 'fastify';
import { authenticateRequests } from './access/authenticate-requests.js';
import { authenticatorOf } from './access/authenticator.js';
import { type ApiDependencies, AppModule } from './app.module.js';
import { serveDocs } from './docs/serve-docs.js';
import { ErrorEnvelopeFilter } from './errors/error-envelope.filter.js';
import { AllowedMethods } from './http/allowed-methods.js';
import { closeConnectionsAtShutdown } from './http/close-connections.js';
import { fastifyOptions } from './http/fastify-options.js';
import { answerOddRequests } from './http/answer-client-error.js';
import { readOffRefusedBodies } from './http/read-off-refused-bodies.js';
import { registerBodyParsers } from './http/register-body-parsers.js';
import { registerHooks } from './http/register-hooks.js';
import { registerSecurityHeaders } from './http/register-security-headers.js';
import { Shutdown } from './http/shutdown.js';
import { limitRequests } from './limits/limit-requests.js';
import { watchRequestBodies } from './http/watch-request-bodies.js';

/** Puts the API together, ready to listen. The caller owns `dependencies` and closes them after the app. */
export async function createApp(dependencies: ApiDependencies): Promise<NestFastifyApplication> {
  const { config, logger } = dependencies;
  const adapter = new FastifyAdapter({ ...fastifyOptions(config), multipart: false });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(dependencies), adapter, {
    bodyParser: false,
    abortOnError: false,
    logger: toNestLogger(logger),
  });
  const fastify = adapter.getInstance<FastifyInstance>();
  app.get(AllowedMethods).watch(fastify);
  await registerBodyParsers(fastify, config);
  await registerSecurityHeaders(fastify);
  registerHooks(fastify, logger);
  authenticateRequests(fastify, authenticatorOf(config.access.adminKey, dependencies.apiKeys));
  limitRequests(fastify, config, dependencies.limitStore);
  watchRequestBodies(fastify, config);
  answerOddRequests(fastify.server);
  readOffRefusedBodies(fastify);
  closeConnectionsAtShutdown(fastify, app.get(Shutdown));
  app.useGlobalFilters(new ErrorEnvelopeFilter(config, logger, app.get(AllowedMethods)));
  serveDocs(app);
  await app.init();
  await fastify.ready();
  return app;
}
