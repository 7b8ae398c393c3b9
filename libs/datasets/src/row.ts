import type { CaptionRow } from '@tessera/contracts';
import type { ColumnValue } from './source.js';

/** A row of the output: an image with one of its prompts. */
export interface DatasetRow extends Omit<CaptionRow, 'created_at'> {
  /** ISO 8601. Absent only in a row that was read from an output which leaves out what differs from run to run. */
  readonly created_at?: string;
  /** Which of several prompts, from 0; absent where the run has one. */
  readonly prompt_index?: number;
  /** Columns of the source that are carried through, in their order. A name that is taken gets `source_` before it. */
  readonly carried: Readonly<Record<string, ColumnValue>>;
}
