import { type OutputForm } from '@tessera/contracts';
import { type DatasetSource } from '@tessera/datasets';

/** Their rows have the same columns, which must be known before the first. */
const TABLES: readonly OutputForm[] = ['csv', 'csv.gz', 'parquet'];
/** Rows that are looked at for columns: damaged ones have none. */
const ROWS_LOOKED_AT = 1000;

/**
 * Columns of the source that are carried through: those that are named, else all. For a table they are those of the
 * source's first row.
 */
export async function carriedColumns(
  named: readonly string[] | undefined,
  source: DatasetSource,
  form: OutputForm,
): Promise<'all' | readonly string[]> {
  if (named !== undefined) return named;
  return TABLES.includes(form) ? columnsOfFirstRow(source) : 'all';
}

async function columnsOfFirstRow(source: DatasetSource): Promise<string[]> {
  let looked = 0;
  for await (const { columns } of source.records()) {
    const names = Object.keys(columns);
    looked += 1;
    if (names.length > 0 || looked >= ROWS_LOOKED_AT) return names;
  }
  return [];
}
