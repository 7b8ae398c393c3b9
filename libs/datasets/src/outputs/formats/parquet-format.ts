import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { buffer } from 'node:stream/consumers';
import type { DatasetRow } from '../../row.js';
import { OutputDamagedError, OutputForeignError } from '../errors.js';
import { type TableColumn, tableColumns, type TableShape, type TableType } from '../rows/table-columns.js';
import { parseCells } from '../rows/table-rows.js';
import type { JoinableFormat, Span, StoredFile } from './row-format.js';

/** Rows of a row group, and so the most that are in memory at once. */
const ROW_GROUP_ROWS = 10_000;
const CREATED_BY = 'tessera';

/** The writer is built on a version of the reader's package of its own. */
type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number];

const ELEMENTS: Record<TableType, Omit<SchemaElement, 'name'>> = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  integer: { type: 'INT32' },
  json: { type: 'BYTE_ARRAY', converted_type: 'JSON' },
  timestamp: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
};

/** Typed columns, the same in every file, whether or not they hold anything; compressed by Snappy. */
export function parquetFormat(shape: TableShape): JoinableFormat {
  const columns = tableColumns(shape);
  const readSpan = (file: StoredFile, span?: Span) => readRows(file, columns, span);
  return {
    extension: 'parquet',
    columns: columns.map(({ name }) => name),
    encode: ({ rows }) => encode([rows], columns),
    read: readSpan,
    join: (parts, onPart) => encode(rowGroups(parts, columns, onPart), columns),
    readSpan,
  };
}

/** Gives its bytes away as they come. */
class ChunkWriter extends ByteWriter {
  take(): Uint8Array {
    const bytes = this.getBytes().slice();
    this.index = 0;
    return bytes;
  }
}

async function* encode(
  groups: Iterable<readonly DatasetRow[]> | AsyncIterable<readonly DatasetRow[]>,
  columns: readonly TableColumn[],
): AsyncGenerator<Uint8Array> {
  const chunks = new ChunkWriter();
  const writer = new ParquetWriter({ writer: chunks, schema: schemaOf(columns), createdBy: CREATED_BY });
  for await (const rows of groups) {
    const columnData = columns.map((column) => ({
      name: column.name,
      data: rows.map((row) => toParquet(column, row)),
    }));
    await writer.write({ columnData, rowGroupSize: ROW_GROUP_ROWS });
    yield chunks.take();
  }
  await writer.finish();
  yield chunks.take();
}

function schemaOf(columns: readonly TableColumn[]): SchemaElement[] {
  return [
    { name: 'root', num_children: columns.length },
    ...columns.map(({ name, type, isNullable }) => ({
      name,
      ...ELEMENTS[type],
      repetition_type: isNullable ? ('OPTIONAL' as const) : ('REQUIRED' as const),
    })),
  ];
}

function toParquet({ type, valueOf }: TableColumn, row: DatasetRow): unknown {
  const value = valueOf(row);
  return type === 'timestamp' && typeof value === 'string' ? new Date(value) : value;
}

async function* rowGroups(
  parts: readonly StoredFile[],
  columns: readonly TableColumn[],
  onPart: (span: Span) => void,
): AsyncGenerator<DatasetRow[]> {
  let end = 0;
  for (const part of parts) {
    const start = end;
    for await (const rows of readGroups(part, columns)) {
      end += rows.length;
      yield rows;
    }
    onPart({ start, end });
  }
}

async function* readRows(
  file: StoredFile,
  columns: readonly TableColumn[],
  span?: Span,
): AsyncGenerator<DatasetRow> {
  for await (const rows of readGroups(file, columns, span)) yield* rows;
}

async function* readGroups(
  { store, key }: StoredFile,
  columns: readonly TableColumn[],
  span?: Span,
): AsyncGenerator<DatasetRow[]> {
  const file = await openBuffer({ store, key });
  const metadata = await parquetMetadataAsync(file).catch((cause: unknown) => {
    throw new OutputDamagedError(key, 'it is no Parquet file', { cause });
  });
  for (const { start, end } of groupSpans(metadata, span)) {
    const records = await parquetReadObjects({ file, metadata, rowStart: start, rowEnd: end });
    yield records.map((record) => fromParquet(record, columns, key));
  }
}

/** The row groups, each cut down to what of it is in `span`. */
function* groupSpans({ row_groups }: FileMetaData, span?: Span): Generator<Span> {
  let first = 0;
  for (const { num_rows } of row_groups) {
    const next = first + Number(num_rows);
    const start = Math.max(first, span?.start ?? first);
    const end = Math.min(next, span?.end ?? next);
    if (start < end) yield { start, end };
    first = next;
  }
}

async function openBuffer({ store, key }: StoredFile): Promise<AsyncBuffer> {
  const info = await store.stat(key);
  if (info === undefined) throw new OutputForeignError(key, 'it is gone');
  return {
    byteLength: info.bytes,
    slice: async (start, end) => {
      const range = end === undefined ? { start } : { start, end };
      const bytes = await buffer((await store.open(key, { range })).body);
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    },
  };
}

function fromParquet(
  record: Record<string, unknown>,
  columns: readonly TableColumn[],
  file: string,
): DatasetRow {
  const cells = columns.map(({ name }) => {
    const value = record[name];
    return value instanceof Date ? value.toISOString() : value;
  });
  try {
    return parseCells(cells, columns);
  } catch (cause) {
    throw new OutputDamagedError(file, 'it holds something that is no row', { cause });
  }
}
