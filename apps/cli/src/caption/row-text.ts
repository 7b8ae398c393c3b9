import { CAPTION_ROW_COLUMNS, type CaptionRow } from '@tessera/contracts';
import { z } from 'zod';

/** What of an existing row decides whether its image is asked again. */
export type ExistingRow = Pick<CaptionRow, 'key' | 'prompt' | 'status' | 'model' | 'model_revision'>;

const existingRowSchema = z.object({
  key: z.string(),
  prompt: z.string(),
  status: z.enum(['completed', 'failed', 'skipped_existing', 'skipped_duplicate']),
  model: z.string(),
  model_revision: z.string(),
});

/** How every row begins. */
const FIRST_BYTES = Buffer.from('{"key":"');

/** A row as a line of JSON, its columns in their fixed order. */
export function formatRow(row: CaptionRow): string {
  return `${JSON.stringify(Object.fromEntries(CAPTION_ROW_COLUMNS.map((column) => [column, row[column]])))}\n`;
}

/** Throws a SyntaxError or ZodError for what is no row. */
export function parseRow(line: Uint8Array): ExistingRow {
  return existingRowSchema.parse(JSON.parse(Buffer.from(line).toString('utf8')));
}

/** Whether these bytes can be the beginning of a row whose writing was cut off. */
export function isBeginningOfRow(bytes: Uint8Array): boolean {
  const length = Math.min(bytes.length, FIRST_BYTES.length);
  return FIRST_BYTES.subarray(0, length).equals(bytes.subarray(0, length));
}
