import type { Readable } from 'node:stream';
import { type CastingContext, parse } from 'csv-parse';
import { type Options, stringify } from 'csv-stringify/sync';
import type { DatasetRow } from '../../row.js';
import { OutputDamagedError } from '../errors.js';
import { type TableColumn, tableColumns, type TableShape } from '../rows/table-columns.js';
import { parseCells } from '../rows/table-rows.js';
import { type RowText, through } from './text-format.js';

/** As RFC 4180 has it; where there is no value, nothing stands, and an empty text is quoted. */
const FORMAT: Options = { record_delimiter: '\r\n', quoted_match: /^$|[\r\n]/ };

/** A table in CSV; what is no text stands there as JSON. */
export function csvText(shape: TableShape): RowText {
  const columns = tableColumns(shape);
  const names = columns.map(({ name }) => name);
  return {
    extension: 'csv',
    columns: names,
    header: stringify([names], FORMAT),
    format: (rows) =>
      stringify(
        rows.map((row) => columns.map((column) => cellOf(row, column))),
        FORMAT,
      ),
    parse: (text, name) => parseTable(text, name, columns),
  };
}

function cellOf(row: DatasetRow, { valueOf }: TableColumn): string | null {
  const value = valueOf(row);
  return value === null || typeof value === 'string' ? value : JSON.stringify(value);
}

async function* parseTable(
  text: Readable,
  name: string,
  columns: readonly TableColumn[],
): AsyncGenerator<DatasetRow> {
  const records = through(text, parse({ record_delimiter: '\r\n', cast: nullWhereNothingStands }));
  for await (const cells of records as AsyncIterable<(string | null)[]>) {
    try {
      yield parseCells(cells.map(fromCell(columns)), columns);
    } catch (cause) {
      throw new OutputDamagedError(name, 'it holds something that is no row', { cause });
    }
  }
}

function fromCell(columns: readonly TableColumn[]) {
  return (cell: string | null, index: number) =>
    cell === null || isText(columns[index]) ? cell : (JSON.parse(cell) as unknown);
}

function isText(column: TableColumn | undefined): boolean {
  return column?.type === 'string' || column?.type === 'timestamp';
}

function nullWhereNothingStands(value: string, { quoting }: CastingContext): string | null {
  return value === '' && !quoting ? null : value;
}
