import type { Readable } from 'node:stream';
import type { DatasetRow } from '../../row.js';
import type { ColumnValue } from '../../source.js';
import { OutputDamagedError } from '../errors.js';
import { parseRow } from '../rows/parse-row.js';
import { type RowShape, toColumns } from '../rows/row-columns.js';
import { linesOf } from './lines.js';
import type { RowText } from './text-format.js';

/** A row a line, as JSON. */
export function jsonlText(shape: RowShape): RowText {
  return {
    extension: 'jsonl',
    header: '',
    format: (rows) => rows.map((row) => `${formatJsonRow(row, shape)}\n`).join(''),
    parse: parseLines,
  };
}

export function formatJsonRow(row: DatasetRow, shape: RowShape): string {
  return JSON.stringify(toColumns(row, shape));
}

/** @throws {OutputDamagedError} */
export function parseJsonRow(json: string, name: string): DatasetRow {
  try {
    return parseRow(JSON.parse(json) as Record<string, ColumnValue>);
  } catch (cause) {
    throw new OutputDamagedError(name, `it holds something that is no row: ${json.slice(0, 80)}`, { cause });
  }
}

async function* parseLines(text: Readable, name: string): AsyncGenerator<DatasetRow> {
  for await (const line of linesOf(text)) yield parseJsonRow(line, name);
}
