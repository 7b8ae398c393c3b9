import type { DatasetRow } from '../../row.js';
import type { ColumnValue } from '../../source.js';
import { parseRow } from './parse-row.js';
import type { TableColumn } from './table-columns.js';

/** The row whose columns have these values. Throws a ZodError for what is none. */
export function parseCells(cells: readonly unknown[], columns: readonly TableColumn[]): DatasetRow {
  // What is no value of a column, the schema refuses.
  return parseRow(Object.fromEntries(columns.map(({ name }, index) => [name, cells[index] as ColumnValue])));
}
