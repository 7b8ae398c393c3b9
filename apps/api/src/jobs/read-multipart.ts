import { createHash, type Hash } from 'node:crypto';
import { type Multipart, type MultipartFile, type MultipartValue } from '@fastify/multipart';
import { quote, type UploadedImage, UploadTooLargeError } from '@tessera/chat-completions';
import { TesseraError } from '@tessera/contracts';
import { type FastifyRequest } from 'fastify';
import {
  InvalidRequestError,
  InvalidTypeError,
  InvalidValueError,
  RequestTooLargeError,
  UnknownParameterError,
} from '../errors/request.errors.js';
import { MAX_FIELD_BYTES } from '../http/form-limits.js';
import { MAX_JSON_DEPTH } from '../http/json-structure.js';

/** A text part: its name and its text, or its value where the part itself was declared JSON. */
export interface FormField {
  name: string;
  value: unknown;
}

export interface Form {
  fields: FormField[];
  images: UploadedImage[];
  /** Hash over names and contents of the parts: the boundary between them differs from one sending to the next. */
  partsSha256: string;
}

export interface FormLimits {
  maxBodyBytes: number;
  maxImageBytes: number;
}

/**
 * Reads the parts of a multipart request into memory, never more than the limits allow.
 * @throws {TesseraError} `image_too_large`, `request_too_large`, `invalid_value`, `invalid_type`, `unknown_parameter`,
 *   and `invalid_request` for bytes that are no multipart body
 */
export async function readMultipart(httpRequest: FastifyRequest, limits: FormLimits): Promise<Form> {
  const contentLength = Number(httpRequest.headers['content-length'] ?? 0);
  if (contentLength > limits.maxBodyBytes) throw new RequestTooLargeError(limits.maxBodyBytes, contentLength);
  try {
    return await readParts(httpRequest.parts() as AsyncIterable<Multipart>, limits);
  } catch (thrown) {
    throw isParserError(thrown)
      ? new InvalidRequestError(`the body is no complete multipart form: ${thrown.message}`, {
          cause: thrown,
        })
      : thrown;
  }
}

/** Busboy reports what it cannot parse as plain errors; those of its plugin and of the system carry a code. */
function isParserError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && !(thrown instanceof TesseraError) && !('code' in thrown);
}

async function readParts(parts: AsyncIterable<Multipart>, limits: FormLimits): Promise<Form> {
  const hash = createHash('sha256');
  const fields: FormField[] = [];
  const images: UploadedImage[] = [];
  let imageBytes = 0;
  for await (const part of parts) {
    checkIsNamed(part);
    if (part.type === 'file') {
      const image = await readImage(part, limits, limits.maxBodyBytes - imageBytes);
      imageBytes += image.bytes.length;
      addToHash(hash, part.fieldname, image.bytes);
      images.push(image);
    } else {
      const field = readField(part);
      addToHash(hash, field.name, serialise(field));
      fields.push(field);
    }
  }
  return { fields, images, partsSha256: hash.digest('hex') };
}

/** The parser passes on what has no name, against its types. */
function checkIsNamed({ fieldname }: { fieldname?: string }): void {
  if (fieldname === undefined) throw new InvalidRequestError('every part of a form must have a name');
}

async function readImage(
  part: MultipartFile,
  { maxBodyBytes, maxImageBytes }: FormLimits,
  bytesLeft: number,
): Promise<UploadedImage> {
  if (part.fieldname !== 'image') {
    throw new UnknownParameterError(`files are sent as parts named image, given ${quote(part.fieldname)}`, {
      param: part.fieldname,
    });
  }
  const chunks: Buffer[] = [];
  let byteCount = 0;
  for await (const chunk of part.file as AsyncIterable<Buffer>) {
    byteCount += chunk.length;
    if (byteCount > maxImageBytes) throw new UploadTooLargeError(maxImageBytes, undefined, 'image');
    if (byteCount > bytesLeft) throw new RequestTooLargeError(maxBodyBytes);
    chunks.push(chunk);
  }
  return { bytes: Buffer.concat(chunks), mediaType: part.mimetype };
}

function readField(part: MultipartValue): FormField {
  const name = part.fieldname;
  if (part.valueTruncated || part.fieldnameTruncated) {
    throw new InvalidValueError(
      `${name}: a text part may have at most ${MAX_FIELD_BYTES} bytes, given more`,
      {
        param: name,
      },
    );
  }
  if (name === 'image') {
    throw new InvalidTypeError('image: must be a file part; a URL goes into images or messages', {
      param: 'image',
    });
  }
  return { name, value: part.value };
}

function serialise({ name, value }: FormField): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch (cause) {
    // Parsing does not recurse and serialising does: nesting that exhausts the stack is far past our limit.
    throw new InvalidRequestError(
      `${name}: JSON may nest at most ${MAX_JSON_DEPTH} levels deep, given more`,
      {
        param: name,
        cause,
      },
    );
  }
}

/** Lengths go in first, so that no two different forms run together into the same bytes. */
function addToHash(hash: Hash, name: string, content: Uint8Array | string): void {
  const byteCount = typeof content === 'string' ? Buffer.byteLength(content) : content.length;
  hash.update(`${Buffer.byteLength(name)}:${name}${byteCount}:`).update(content);
}
