import type { ErrorCode } from './error-codes.js';

/** Columns of a result row, in this order in every output format. */
export const CAPTION_ROW_COLUMNS = [
  'key',
  'path',
  'prompt',
  'caption',
  'status',
  'error_code',
  'error_message',
  'sha256',
  'width',
  'height',
  'tiles',
  'finish_reason',
  'prompt_tokens',
  'completion_tokens',
  'model',
  'model_revision',
  'timings',
  'created_at',
] as const;

/** One image with one prompt, captioned or failed. */
export interface CaptionRow {
  key: string;
  path: string;
  prompt: string;
  caption: string | null;
  status: 'completed' | 'failed' | 'skipped_existing' | 'skipped_duplicate';
  error_code: ErrorCode | null;
  error_message: string | null;
  sha256: string | null;
  width: number | null;
  height: number | null;
  tiles: number | null;
  finish_reason: 'stop' | 'length' | null;
  prompt_tokens: number | null;
  completion_tokens: number | null;
  model: string;
  model_revision: string;
  timings: Record<string, number> | null;
  /** ISO 8601. */
  created_at: string;
}
