import fastifyHelmet from '@fastify/helmet';
import { type FastifyInstance } from 'fastify';

/**
 * Headers that keep a browser from doing with our answers what they are not meant for. The policy leaves /docs all it
 * needs: its own scripts, and the styles and icons that Swagger UI writes into its page.
 */
export async function registerSecurityHeaders(fastify: FastifyInstance): Promise<void> {
  await fastify.register(fastifyHelmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        connectSrc: ["'self'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
        imgSrc: ["'self'", 'data:'],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
      },
    },
    // Whether this host speaks TLS is for the proxy in front of us to say.
    strictTransportSecurity: false,
  });
}
