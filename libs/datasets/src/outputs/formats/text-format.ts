import { pipeline, Readable, type Transform } from 'node:stream';
import { createGunzip, createGzip, gzipSync } from 'node:zlib';
import type { OutputShard } from '../../output.js';
import type { DatasetRow } from '../../row.js';
import type { JoinableFormat, Span, StoredFile } from './row-format.js';

/** Rows as text, one after the other. */
export interface RowText {
  readonly extension: string;
  readonly columns?: readonly string[];
  /** Once in a file, before the first row; may be empty. */
  readonly header: string;
  readonly format: (rows: readonly DatasetRow[]) => string;
  /** @param name of the file, for messages */
  readonly parse: (text: Readable, name: string) => AsyncIterable<DatasetRow>;
}

/** Rows that become text at once. */
const ROWS_A_CHUNK = 500;

/**
 * Files of text, plain or gzipped. The header of a gzipped one is a member of its own, and so are the rows, so that files
 * are put together without being unpacked.
 */
export function textFormat(rowText: RowText, { gzip }: { readonly gzip: boolean }): JoinableFormat {
  const header = headerBytes(rowText.header, gzip);
  const readSpan = (file: StoredFile, span: Partial<Span>) => readRows(file, span, { rowText, gzip });
  return {
    extension: gzip ? `${rowText.extension}.gz` : rowText.extension,
    ...(rowText.columns && { columns: rowText.columns }),
    encode: (shard) => encode(shard, { rowText, gzip, header }),
    read: (file) => readSpan(file, { start: header.length }),
    join: (parts, onPart) => join(parts, { header, gzip, onPart }),
    readSpan,
  };
}

function headerBytes(header: string, gzip: boolean): Buffer {
  const bytes = Buffer.from(header);
  return gzip && bytes.length > 0 ? gzipSync(bytes) : bytes;
}

async function* encode(
  { rows }: OutputShard,
  { rowText, gzip, header }: { rowText: RowText; gzip: boolean; header: Buffer },
): AsyncGenerator<Uint8Array> {
  if (header.length > 0) yield header;
  const text = textOf(rows, rowText);
  yield* gzip ? through(Readable.from(text), createGzip()) : text;
}

function* textOf(rows: readonly DatasetRow[], { format }: RowText): Generator<Buffer> {
  for (let first = 0; first < rows.length; first += ROWS_A_CHUNK) {
    yield Buffer.from(format(rows.slice(first, first + ROWS_A_CHUNK)));
  }
}

async function* join(
  parts: readonly StoredFile[],
  { header, gzip, onPart }: { header: Buffer; gzip: boolean; onPart: (span: Span) => void },
): AsyncGenerator<Uint8Array> {
  if (header.length > 0) yield header;
  // A file of no bytes is not gzipped.
  else if (gzip && parts.length === 0) yield gzipSync('');
  let end = header.length;
  for (const { store, key } of parts) {
    const start = end;
    const { body } = await store.open(key, { range: { start: header.length } });
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      end += chunk.length;
      yield chunk;
    }
    onPart({ start, end });
  }
}

async function* readRows(
  { store, key }: StoredFile,
  { start = 0, end }: Partial<Span>,
  { rowText, gzip }: { rowText: RowText; gzip: boolean },
): AsyncGenerator<DatasetRow> {
  const range = end === undefined ? { start } : { start, end };
  const { body } = await store.open(key, { range });
  yield* rowText.parse(gzip ? through(body, createGunzip()) : body, key);
}

/** The failure of either is that of the stream that is read. */
export function through<Stream extends Transform>(source: Readable, transform: Stream): Stream {
  // Whoever reads it is told of the failure by the stream itself.
  pipeline(source, transform, () => undefined);
  return transform;
}
