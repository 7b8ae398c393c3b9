import { CAPTION_ROW_COLUMNS } from '@tessera/contracts';
import type { DatasetRow } from '../../row.js';
import type { ColumnValue } from '../../source.js';

/** Which columns the rows of an output have. */
export interface RowShape {
  /** Whether there is a `prompt_index` after `prompt`. */
  readonly severalPrompts: boolean;
  /** Leaves out what differs between two runs of the same work: `timings` and `created_at`. */
  readonly omitVolatile: boolean;
  /** Names of the columns that are carried through, in their order; `all`: those that each row has. */
  readonly carried: 'all' | readonly string[];
}

export type RowColumn = (typeof CAPTION_ROW_COLUMNS)[number] | 'prompt_index';

const VOLATILE_COLUMNS: readonly string[] = ['timings', 'created_at'];
const ALL_COLUMNS: readonly RowColumn[] = CAPTION_ROW_COLUMNS.flatMap((column) =>
  column === 'prompt' ? [column, 'prompt_index'] : [column],
);
const TAKEN_NAMES: ReadonlySet<string> = new Set(ALL_COLUMNS);
const SOURCE_PREFIX = 'source_';

/** Columns that are there whatever the source has, in their order. */
export function rowColumns({ severalPrompts, omitVolatile }: Omit<RowShape, 'carried'>): RowColumn[] {
  return ALL_COLUMNS.filter(
    (column) =>
      (severalPrompts || column !== 'prompt_index') && !(omitVolatile && VOLATILE_COLUMNS.includes(column)),
  );
}

/**
 * What a column of the source is called in the output: `source_` goes before a name that is taken, and before one that
 * would be mistaken for such.
 */
export function carriedColumn(name: string, taken: ReadonlySet<string> = TAKEN_NAMES): string {
  return isTaken(name, taken) ? `${SOURCE_PREFIX}${name}` : name;
}

/** The row as an object of its columns, in their order. */
export function toColumns(row: DatasetRow, shape: RowShape): Record<string, ColumnValue> {
  const fixed = rowColumns(shape).map((column) => [column, row[column] ?? null] as const);
  return Object.fromEntries<ColumnValue>([
    ...fixed,
    ...carriedValues(row, shape).map(([name, value]) => [carriedColumn(name), value] as const),
  ]);
}

/** Values that are carried through, with their names in the source. */
export function carriedValues(
  { carried }: DatasetRow,
  shape: Pick<RowShape, 'carried'>,
): [string, ColumnValue][] {
  if (shape.carried === 'all') return Object.entries(carried);
  return shape.carried
    .filter((name) => Object.hasOwn(carried, name))
    .map((name) => [name, carried[name] ?? null]);
}

/** Takes apart what {@link toColumns} made. */
export function splitColumns(columns: Readonly<Record<string, ColumnValue>>): {
  fixed: Record<string, ColumnValue>;
  carried: Record<string, ColumnValue>;
} {
  const [fixed, carried]: [string, ColumnValue][][] = [[], []];
  for (const [column, value] of Object.entries(columns)) {
    if (TAKEN_NAMES.has(column)) fixed?.push([column, value]);
    else carried?.push([nameInSource(column), value]);
  }
  return { fixed: Object.fromEntries(fixed ?? []), carried: Object.fromEntries(carried ?? []) };
}

function nameInSource(column: string): string {
  return isTaken(column, TAKEN_NAMES) ? column.slice(SOURCE_PREFIX.length) : column;
}

function isTaken(name: string, taken: ReadonlySet<string>): boolean {
  let rest = name;
  while (!taken.has(rest) && rest.startsWith(SOURCE_PREFIX)) rest = rest.slice(SOURCE_PREFIX.length);
  return taken.has(rest);
}
