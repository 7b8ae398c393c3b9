import { uploadUrl } from '@tessera/chat-completions';
import { InvalidJsonError, InvalidValueError } from '../errors/request.errors.js';
import { parseJsonBody } from '../http/parse-json-body.js';
import { type Form, type FormField } from './read-multipart.js';

/** Fields whose text is the value itself; all others are written as they are in a JSON body. */
const TEXT_FIELDS = new Set(['model', 'question', 'webhook']);

/**
 * The JSON body that a multipart request stands for, not validated yet. In the short form the uploads come before
 * `images`; with `messages` they are named there as `upload:<index>`.
 * @throws {InvalidValueError} a field that is given twice
 * @throws {InvalidJsonError} a field that is not JSON
 */
export function formToBody({ fields, images }: Form): Record<string, unknown> {
  // Without a prototype, a part named like one of its properties is a field like any other.
  const body = Object.create(null) as Record<string, unknown>;
  for (const field of fields) {
    if (field.name in body) {
      throw new InvalidValueError(`${field.name}: is given more than once`, { param: field.name });
    }
    body[field.name] = toValue(field);
  }
  if (images.length > 0 && body['messages'] === undefined) {
    const uploads = images.map((_image, index) => uploadUrl(index));
    const given = body['images'];
    // What is no list stays as it is, for the schema to refuse.
    if (given === undefined || Array.isArray(given))
      body['images'] = [...uploads, ...((given ?? []) as unknown[])];
  }
  return { ...body };
}

function toValue({ name, value }: FormField): unknown {
  if (TEXT_FIELDS.has(name) || typeof value !== 'string') return value;
  try {
    return parseJsonBody(Buffer.from(value, 'utf8'));
  } catch (cause) {
    if (!(cause instanceof InvalidJsonError)) throw cause;
    throw new InvalidJsonError(`${name}: in a form this field is written as JSON; ${cause.message}`, {
      param: name,
      cause,
    });
  }
}
