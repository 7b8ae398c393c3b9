import { webcrypto } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import fastifyMultipart from '@fastify/multipart';
import { type Config } from '@tessera/config';
import { type FastifyInstance, type FastifyRequest } from 'fastify';
import { MAX_FIELD_BYTES, MAX_FORM_FIELDS } from './form-limits.js';
import { parseJsonBody } from './parse-json-body.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** SHA-256 of a JSON body as it was sent, in hex; only where an Idempotency-Key asks for it. */
    bodySha256: string | undefined;
  }
}

/** A body from here on takes long enough to parse that others should get a turn in between. */
const LARGE_BODY_BYTES = 1_000_000;

/** Reads JSON and multipart bodies; every other Content-Type is refused with 415. */
export async function registerBodyParsers(fastify: FastifyInstance, config: Config): Promise<void> {
  fastify.removeAllContentTypeParsers();
  fastify.decorateRequest('bodySha256', undefined);
  fastify.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (httpRequest: FastifyRequest, bytes: Buffer) => {
      if (httpRequest.headers['idempotency-key'] !== undefined) {
        // On a thread of its own: 75 MB take 50 ms.
        httpRequest.bodySha256 = Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('hex');
      }
      if (bytes.length < LARGE_BODY_BYTES) return parseJsonBody(bytes);
      // Gathering, parsing and then decoding its images at one go would hold up every other request.
      await setImmediate();
      const body = parseJsonBody(bytes);
      await setImmediate();
      return body;
    },
  );
  await fastify.register(fastifyMultipart, {
    // The reader of the parts counts bytes itself, to name the limit that was passed.
    throwFileSizeLimit: false,
    limits: {
      files: config.images.maxPerJob,
      fileSize: config.images.maxBytes + 1,
      fields: MAX_FORM_FIELDS,
      fieldSize: MAX_FIELD_BYTES,
      fieldNameSize: 100,
      parts: config.images.maxPerJob + MAX_FORM_FIELDS,
      headerPairs: 20,
    },
  });
}
