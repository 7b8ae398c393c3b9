import { ERROR_CODES, type ErrorCode } from '@tessera/contracts';
import { z } from 'zod';
import type { DatasetRow } from '../../row.js';
import type { ColumnValue } from '../../source.js';
import { splitColumns } from './row-columns.js';

const ERROR_CODE_NAMES = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]];

const text = z.string().nullable();
const count = z.int().nullable();

const rowSchema = z.object({
  key: z.string(),
  path: z.string(),
  prompt: z.string(),
  prompt_index: z.int().nullish(),
  caption: text,
  status: z.enum(['completed', 'failed', 'skipped_existing', 'skipped_duplicate']),
  error_code: z.enum(ERROR_CODE_NAMES).nullable(),
  error_message: text,
  sha256: text,
  width: count,
  height: count,
  tiles: count,
  finish_reason: z.enum(['stop', 'length']).nullable(),
  prompt_tokens: count,
  completion_tokens: count,
  model: z.string(),
  model_revision: z.string(),
  timings: z.record(z.string(), z.number()).nullish(),
  created_at: z.string().nullish(),
});

/** The row that has these columns. Throws a ZodError for what is none. */
export function parseRow(columns: Readonly<Record<string, ColumnValue>>): DatasetRow {
  const { fixed, carried } = splitColumns(columns);
  const { prompt_index, timings, created_at, ...row } = rowSchema.parse(fixed);
  return {
    ...row,
    ...(prompt_index == null ? {} : { prompt_index }),
    timings: timings ?? null,
    ...(created_at == null ? {} : { created_at }),
    carried,
  };
}
