import type { ObjectStore } from '@tessera/storage';
import type { OutputShard } from '../../output.js';
import type { DatasetRow } from '../../row.js';

/** A file in a store. */
export interface StoredFile {
  readonly store: ObjectStore;
  readonly key: string;
}

/** How the rows of a shard are a file. The same rows are the same bytes. */
export interface RowFormat {
  /** Without the dot at its beginning. */
  readonly extension: string;
  /** Names of the columns, where every file of the format must have the same ones. */
  readonly columns?: readonly string[];
  encode(shard: OutputShard): AsyncIterable<Uint8Array>;
  read(file: StoredFile): AsyncIterable<DatasetRow>;
}

/** Where a shard lies in the file of all of them: from `start` to before `end`, in bytes or in rows, as the format counts. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A format whose files can be put together to one. */
export interface JoinableFormat extends RowFormat {
  /** The file of all rows, in order. Tells of each part, in order, where it lies in the whole. */
  join(parts: readonly StoredFile[], onPart: (span: Span) => void): AsyncIterable<Uint8Array>;
  readSpan(whole: StoredFile, span: Span): AsyncIterable<DatasetRow>;
}
