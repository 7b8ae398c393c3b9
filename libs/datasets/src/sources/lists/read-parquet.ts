import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import type { ColumnValue } from '../../source.js';
import { toFileError } from '../bytes/open-stream.js';
import { openRandomAccess, type RandomAccess } from '../bytes/random-access.js';
import type { FoundFile } from '../locate/file-set.js';
import type { SourceOptions } from '../source-options.js';
import { imageColumnsOf } from './image-column.js';
import type { ListReader, ListRow } from './list-row.js';
import { PARQUET_PARSERS, textOf, toColumnValue } from './parquet-value.js';

/** The marks at both ends, and the length of the footer. */
const LEAST_BYTES = 12;

/** A Parquet file, one group of rows in memory at a time. */
export const readParquet: ListReader = async function* (file, options) {
  const opened = await openRandomAccess(file.place, options);
  try {
    const metadata = await readMetadata(opened);
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      const rows = await readRows(opened, metadata, { rowStart, rowEnd });
      for (const [index, row] of rows.entries()) yield toRow(row, `row ${rowStart + index + 1}`, options);
      rowStart = rowEnd;
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    throw toFileError(file.place, error);
  } finally {
    await opened.close();
  }
};

/** Rows of a Parquet file, by its footer. */
export async function countParquetRows({ place }: FoundFile, options: SourceOptions): Promise<number> {
  const opened = await openRandomAccess(place, options);
  try {
    return Number((await readMetadata(opened)).num_rows);
  } catch (error) {
    throw toFileError(place, error);
  } finally {
    await opened.close();
  }
}

async function readMetadata(opened: RandomAccess): Promise<FileMetaData> {
  if (opened.bytes < LEAST_BYTES) throw new Error(`${opened.bytes} bytes are no Parquet file`);
  return parquetMetadataAsync(asyncBuffer(opened), { geoparquet: false });
}

function readRows(
  opened: RandomAccess,
  metadata: FileMetaData,
  range: { rowStart: number; rowEnd: number },
): Promise<Record<string, unknown>[]> {
  const reading = { file: asyncBuffer(opened), metadata, compressors, utf8: false, parsers: PARQUET_PARSERS };
  return parquetReadObjects({ ...reading, ...range });
}

function asyncBuffer(opened: RandomAccess): AsyncBuffer {
  return {
    byteLength: opened.bytes,
    slice: async (start, end = opened.bytes) => {
      const part = await opened.read(start, end);
      if (part.length < end - start) throw new Error(`it ends before byte ${end}`);
      const copy = new ArrayBuffer(part.length);
      new Uint8Array(copy).set(part);
      return copy;
    },
  };
}

function toRow(row: Record<string, unknown>, at: string, options: SourceOptions): ListRow {
  const bytes = new Map<string, Uint8Array>();
  const imageColumns = imageColumnsOf(Object.keys(row), options);
  const columns = Object.entries(row).map(([name, value]): [string, ColumnValue] => {
    const image = imageOf(value, imageColumns.includes(name));
    if (image === undefined) return [name, toColumnValue(value)];
    bytes.set(name, image.bytes);
    return [name, image.path];
  });
  return { kind: 'row', at, columns: Object.fromEntries(columns), bytes };
}

/** An image that is in the file: as Hugging Face has it, `{bytes, path}`, or, in a column of images, just its bytes. */
function imageOf(
  value: unknown,
  isImageColumn: boolean,
): { readonly bytes: Uint8Array; readonly path: string | null } | undefined {
  if (value instanceof Uint8Array) {
    return isImageColumn && textOf(value) === undefined ? { bytes: value, path: null } : undefined;
  }
  if (typeof value !== 'object' || value === null || !('bytes' in value)) return undefined;
  const { bytes } = value;
  if (!(bytes instanceof Uint8Array)) return undefined;
  const path = 'path' in value && typeof value.path === 'string' ? value.path : null;
  return { bytes, path };
}
