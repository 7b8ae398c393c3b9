import { InvalidTypeError, validate } from '@tessera/chat-completions';
import { filenameSchema, MAX_FILE_SECONDS, MIN_FILE_SECONDS, UPLOAD_PURPOSES } from '@tessera/contracts';
import { FileInvalidError } from '@tessera/files';
import { z } from 'zod';

const SECONDS_RULE = `must be a whole number from ${MIN_FILE_SECONDS} to ${MAX_FILE_SECONDS}`;

/** The fields of `POST /v1/files` beside the file itself; everything in a form is text. */
export const fileFieldsSchema = z.strictObject({
  purpose: z.enum(UPLOAD_PURPOSES),
  'expires_after[anchor]': z.literal('created_at').optional(),
  'expires_after[seconds]': z
    .string()
    .regex(/^\d{1,9}$/, SECONDS_RULE)
    .transform(Number)
    .refine((seconds) => seconds >= MIN_FILE_SECONDS && seconds <= MAX_FILE_SECONDS, SECONDS_RULE)
    .optional(),
});
const fieldsSoFarSchema = fileFieldsSchema.partial();

const EXPIRY_FIELDS = ['expires_after[anchor]', 'expires_after[seconds]'] as const;

export interface FileFields {
  purpose: (typeof UPLOAD_PURPOSES)[number];
  /** Time that the file is kept; absent: the retention. */
  seconds: number | undefined;
}

/** Checks what has come before the file, so that a mistake in it is told before gigabytes are sent. */
export function checkFieldsSoFar(fields: Record<string, unknown>): z.output<typeof fieldsSoFarSchema> {
  return validate(fieldsSoFarSchema, fields);
}

/** @throws {TesseraError} */
export function readFileFields(fields: Record<string, unknown>): FileFields {
  const given = EXPIRY_FIELDS.filter((name) => fields[name] !== undefined);
  const schema = given.length === 0 ? fileFieldsSchema : fileFieldsSchema.required();
  const { purpose, 'expires_after[seconds]': seconds } = validate(schema, fields);
  return { purpose, seconds };
}

/** @throws {TesseraError} for a name that no file may have, and one that does not end in `.jsonl` for a Batch */
export function checkFilename(filename: string, purpose: string): void {
  validate(z.object({ filename: filenameSchema }), { filename });
  if (purpose === 'batch' && !/\.jsonl$/i.test(filename)) {
    throw new FileInvalidError(
      `for the purpose batch the name must end in .jsonl, given ${JSON.stringify(filename)}`,
      'filename',
    );
  }
}

/** What came as text in place of a file. */
export function notAFile(name: string): InvalidTypeError {
  return new InvalidTypeError(`${name}: must be a file part, which has a file name`, { param: name });
}
