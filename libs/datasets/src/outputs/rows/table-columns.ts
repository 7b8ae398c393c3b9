import type { DatasetRow } from '../../row.js';
import type { ColumnValue } from '../../source.js';
import { carriedColumn, rowColumns, type RowColumn, type RowShape } from './row-columns.js';

/** The shape of rows in a form whose columns are the same for every row. */
export type TableShape = RowShape & { readonly carried: readonly string[] };

/** What a column of a table holds; all but `json` may be missing where the row has none. */
export type TableType = 'string' | 'integer' | 'json' | 'timestamp';

export interface TableColumn {
  readonly name: string;
  readonly type: TableType;
  readonly isNullable: boolean;
  readonly valueOf: (row: DatasetRow) => ColumnValue;
}

const TYPES: Partial<Record<RowColumn, TableType>> = {
  prompt_index: 'integer',
  width: 'integer',
  height: 'integer',
  tiles: 'integer',
  prompt_tokens: 'integer',
  completion_tokens: 'integer',
  timings: 'json',
  created_at: 'timestamp',
};
const ALWAYS_THERE: readonly RowColumn[] = ['key', 'path', 'prompt', 'status', 'model', 'model_revision'];

/**
 * The columns of a table. Those that are carried through are text, whatever they hold: text as it is, anything else as
 * JSON. A type taken from the values would depend on the rows that happened to be seen first, and a source may change
 * its mind in the last of a million.
 */
export function tableColumns(shape: TableShape): TableColumn[] {
  return [
    ...rowColumns(shape).map((name) => ({
      name,
      type: TYPES[name] ?? 'string',
      isNullable: !ALWAYS_THERE.includes(name),
      valueOf: (row: DatasetRow) => row[name] ?? null,
    })),
    ...shape.carried.map((name) => ({
      name: carriedColumn(name),
      type: 'string' as const,
      isNullable: true,
      valueOf: ({ carried }: DatasetRow) =>
        Object.hasOwn(carried, name) ? toText(carried[name] ?? null) : null,
    })),
  ];
}

function toText(value: ColumnValue): string | null {
  if (value === null || typeof value === 'string') return value;
  return JSON.stringify(value);
}
