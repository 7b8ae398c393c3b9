import { type UploadedImage, validate } from '@tessera/chat-completions';
import { type CreateJobBody, createJobBodySchema } from '@tessera/contracts';
import { type FastifyRequest } from 'fastify';
import { InvalidJsonError, MissingParameterError } from '../errors/request.errors.js';
import { formToBody } from './form-to-body.js';
import { type FormLimits, readMultipart } from './read-multipart.js';

/** The body of `POST /v1/jobs` in its right shape, however it was sent. */
export interface ReadBody {
  body: CreateJobBody;
  uploads: UploadedImage[];
  /** Identifies the payload; only known when the request carries an Idempotency-Key. */
  sha256: string | undefined;
}

/** Reads and validates JSON or multipart. @throws {TesseraError} */
export async function readCreateJobBody(httpRequest: FastifyRequest, limits: FormLimits): Promise<ReadBody> {
  if (httpRequest.isMultipart()) {
    const form = await readMultipart(httpRequest, limits);
    return { body: validateBody(formToBody(form)), uploads: form.images, sha256: form.partsSha256 };
  }
  if (httpRequest.body === undefined) throw new InvalidJsonError('the body is empty');
  return { body: validateBody(httpRequest.body), uploads: [], sha256: httpRequest.bodySha256 };
}

function validateBody(value: unknown): CreateJobBody {
  const body = validate(createJobBodySchema, value);
  if (body.webhook_events_filter !== undefined && body.webhook === undefined) {
    throw new MissingParameterError('webhook is required where webhook_events_filter is given', {
      param: 'webhook',
    });
  }
  return body;
}
