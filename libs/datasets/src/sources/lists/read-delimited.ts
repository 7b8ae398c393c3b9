import { parse } from 'csv-parse';
import type { ColumnValue } from '../../source.js';
import { PieceFeed } from '../bytes/piece-feed.js';
import { SourceFileError } from '../errors.js';
import type { FoundFile } from '../locate/file-set.js';
import { placeName } from '../place-name.js';
import type { SourceOptions } from '../source-options.js';
import type { ListReader, ListRow } from './list-row.js';
import { openList } from './open-list.js';

/** A quote that is never closed would take everything behind it for one cell. */
const MAX_ROW_BYTES = 16 * 1024 * 1024;

interface Cells {
  readonly record: readonly string[];
  /** In which the row ends. */
  readonly line: number;
}

/** A list with a line of column names first, unless `options.columns` has them. An empty cell is null. */
export function readDelimited(usualDelimiter: string): ListReader {
  return async function* (file, options) {
    let names = options.columns === undefined ? undefined : nameColumns(options.columns);
    for await (const { record, line } of readCells(file, { usualDelimiter, ...options })) {
      if (names === undefined) names = nameColumns(record);
      else yield toRow(record, names, `line ${line}`);
    }
  };
}

async function* readCells(
  file: FoundFile,
  options: SourceOptions & { usualDelimiter: string },
): AsyncGenerator<Cells> {
  const parsed: Cells[] = [];
  const parser = parse({
    bom: true,
    delimiter: options.delimiter ?? options.usualDelimiter,
    quote: options.quotes === false ? null : '"',
    // A quote within a cell, as people write them, is a sign like another.
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    record_delimiter: ['\r\n', '\n'],
    max_record_size: MAX_ROW_BYTES,
    on_record: (record: readonly string[], { lines }) => {
      parsed.push({ record, line: lines });
      // Taken from here, for the parser to keep nothing.
      return null;
    },
  }).resume();
  const feed = new PieceFeed(parser);
  let line = 0;
  const take = (): Cells[] => {
    line = parsed.at(-1)?.line ?? line;
    return parsed.splice(0);
  };
  try {
    // A list that breaks off takes the row in which it does with it.
    for await (const chunk of openList(file, options)) {
      const failure = await feed.write(chunk);
      yield* take();
      if (failure !== undefined) throw toSyntaxError(file, failure, line);
    }
    const failure = await feed.end();
    yield* take();
    if (failure !== undefined) throw toSyntaxError(file, failure, line);
  } finally {
    parser.destroy();
  }
}

function toSyntaxError(file: FoundFile, cause: Error, line: number): SourceFileError {
  const where = line === 0 ? '' : `behind line ${line}, `;
  const reason =
    'a double quote opens a cell and does not close it; read the list without quotes if they are signs of its text';
  return new SourceFileError(placeName(file.place), `${where}${reason}`, { cause });
}

/** A column without a name gets its number, one whose name is taken a number behind it. */
function nameColumns(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((given, index) => {
    const wanted = given.trim() === '' ? `column_${index + 1}` : given.trim();
    let name = wanted;
    for (let number = 2; taken.has(name); number += 1) name = `${wanted}_${number}`;
    taken.add(name);
    return name;
  });
}

function toRow(cells: readonly string[], names: readonly string[], at: string): ListRow {
  if (cells.length !== names.length) {
    const reason = `it has ${cells.length} cells; there are ${names.length} columns`;
    return { kind: 'bad', at, code: 'file_invalid', reason };
  }
  const columns = names.map((name, index): [string, ColumnValue] => [name, cells[index] || null]);
  return { kind: 'row', at, columns: Object.fromEntries(columns) };
}
