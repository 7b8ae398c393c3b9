import { type Multipart, type MultipartFile } from '@fastify/multipart';
import {
  InvalidRequestError,
  InvalidValueError,
  quote,
  UnknownParameterError,
} from '@tessera/chat-completions';
import { TesseraError } from '@tessera/contracts';
import { FileTooLargeError } from '@tessera/files';
import { type FastifyRequest } from 'fastify';
import { UnsupportedMediaTypeError } from '../errors/request.errors.js';
import { notAFile } from './file-fields.js';

const MAX_FIELDS = 8;
const MAX_FIELD_BYTES = 10_000;
/** What a form may have beside its file: boundaries, headers, fields. */
const MAX_FORM_OVERHEAD_BYTES = 200_000;

export interface FileFormRules {
  /** Name of the part that is the file. */
  readonly fileField: string;
  readonly maxFileBytes: number;
}

/** A file part whose bytes are still to be read. */
export interface IncomingFile {
  readonly filename: string;
  readonly source: AsyncIterable<Uint8Array>;
}

/** Reads a file to its end or throws; it gets the fields that came before. */
export type TakeFile<Taken> = (file: IncomingFile, fieldsSoFar: Record<string, unknown>) => Promise<Taken>;

export interface FileForm<Taken> {
  readonly fields: Record<string, unknown>;
  /** What became of the file; undefined where there is none. */
  readonly taken: Taken | undefined;
}

/**
 * Reads a form with one file in it, which may come before, between or after the fields, as it arrives.
 * @throws {TesseraError} whatever `take` has kept by then is for the caller to remove
 */
export async function readFileForm<Taken>(
  httpRequest: FastifyRequest,
  rules: FileFormRules,
  take: TakeFile<Taken>,
): Promise<FileForm<Taken>> {
  if (!httpRequest.isMultipart()) {
    throw new UnsupportedMediaTypeError(httpRequest.headers['content-type'], 'multipart/form-data');
  }
  checkContentLength(httpRequest, rules);
  try {
    return await readParts(partsOf(httpRequest, rules), rules, take);
  } catch (thrown) {
    throw toRefusal(thrown, httpRequest);
  }
}

/**
 * Busboy reports what it cannot parse as plain errors; those of its plugin and of the system carry a code. A client
 * that has gone gets no answer, and is no failure of ours.
 */
function toRefusal(thrown: unknown, { raw }: FastifyRequest): unknown {
  if (!(thrown instanceof Error) || thrown instanceof TesseraError) return thrown;
  if (raw.destroyed && !raw.complete) {
    return new InvalidRequestError('the connection ended before the body did', { cause: thrown });
  }
  if ('code' in thrown) return thrown;
  return new InvalidRequestError(`the body is no complete multipart form: ${thrown.message}`, {
    cause: thrown,
  });
}

function checkContentLength({ headers }: FastifyRequest, { fileField, maxFileBytes }: FileFormRules): void {
  const contentLength = Number(headers['content-length'] ?? 0);
  if (contentLength <= maxFileBytes + MAX_FORM_OVERHEAD_BYTES) return;
  throw new FileTooLargeError(maxFileBytes, contentLength, fileField);
}

/** A second file is for {@link readParts} to refuse, and the limit of bytes for whoever takes the file. */
function partsOf(httpRequest: FastifyRequest, { maxFileBytes }: FileFormRules): AsyncIterable<Multipart> {
  return httpRequest.parts({
    limits: {
      files: 2,
      fileSize: maxFileBytes + 1,
      fields: MAX_FIELDS,
      fieldSize: MAX_FIELD_BYTES,
      parts: MAX_FIELDS + 2,
    },
  }) as AsyncIterable<Multipart>;
}

async function readParts<Taken>(
  parts: AsyncIterable<Multipart>,
  { fileField }: FileFormRules,
  take: TakeFile<Taken>,
): Promise<FileForm<Taken>> {
  const fields: Record<string, unknown> = {};
  let taken: Taken | undefined;
  for await (const part of parts) {
    checkName(part);
    if (part.type === 'field') {
      addField(fields, part, fileField);
    } else {
      checkIsExpected(part, fileField, taken !== undefined);
      taken = await take(
        { filename: part.filename, source: part.file as AsyncIterable<Uint8Array> },
        { ...fields },
      );
    }
  }
  return { fields, taken };
}

/** The parser passes on what has no name, against its types. */
function checkName({ fieldname }: { fieldname?: string }): void {
  if (fieldname === undefined) throw new InvalidRequestError('every part of a form must have a name');
}

function checkIsExpected({ fieldname }: MultipartFile, fileField: string, isTaken: boolean): void {
  if (fieldname !== fileField) {
    throw new UnknownParameterError(
      `the file is sent as a part named ${fileField}, given ${quote(fieldname)}`,
      {
        param: fieldname,
      },
    );
  }
  if (isTaken) {
    throw new InvalidValueError(`${fileField}: one request takes one file, given more`, { param: fileField });
  }
}

function addField(
  fields: Record<string, unknown>,
  part: Extract<Multipart, { type: 'field' }>,
  fileField: string,
): void {
  const { fieldname: name, value, valueTruncated } = part;
  if (name === fileField) throw notAFile(name);
  if (valueTruncated) {
    throw new InvalidValueError(`${name}: may have at most ${MAX_FIELD_BYTES} bytes, given more`, {
      param: name,
    });
  }
  if (Object.hasOwn(fields, name)) {
    throw new InvalidValueError(`${name}: is given more than once`, { param: name });
  }
  fields[name] = value;
}
