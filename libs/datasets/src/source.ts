import type { ErrorCode } from '@tessera/contracts';

/** A value of a column, as JSON has it. What a form knows beyond that (dates, big integers, bytes) is text. */
export type ColumnValue =
  string | number | boolean | null | readonly ColumnValue[] | { readonly [name: string]: ColumnValue };

/** A file or an object that can be read from any byte on. */
export type FilePlace =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly key: string };

/** Where the image of a record is. */
export type ImagePlace =
  | FilePlace
  | { readonly kind: 'url'; readonly url: string }
  /** Bytes of a larger file, as of a member of a tar. */
  | {
      readonly kind: 'part';
      readonly of: FilePlace;
      readonly offsetBytes: number;
      readonly lengthBytes: number;
    }
  /** In the list itself, as in a Parquet file of Hugging Face. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

/** An image of a dataset. */
export interface SourceRecord {
  /** Names the record within its source: the same at every reading, and of one record only. */
  readonly key: string;
  /** The image as the source names it: path, URL, member of a tar. */
  readonly path: string;
  /** Or why there is none: a row that names no image, a list that is cut off. */
  readonly image:
    ImagePlace | { readonly kind: 'missing'; readonly code: ErrorCode; readonly message: string };
  /** Every column of the row that the record came from, in its order; those that name the image included. */
  readonly columns: Readonly<Record<string, ColumnValue>>;
}

/** Records that belong into one shard of the output, where the source says so: those of one tar. */
export interface SourceShard {
  /** As in `00017`; part of file names. */
  readonly name: string;
  readonly records: AsyncIterable<SourceRecord>;
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of a place that cannot be read while the others are: a folder that cannot be listed. */
  readonly onUnreadable?: (place: string, error: unknown) => void;
}

/** A dataset to be captioned. Two readings give the same records in the same order, as long as nobody changes it. */
export interface DatasetSource {
  /** The source as the user named it. */
  readonly uri: string;
  /** All records. Bounded memory, however many there are. */
  records(options?: ReadOptions): AsyncIterable<SourceRecord>;
  /** Where the source is cut into shards itself; absent: the run cuts it by number of rows. */
  shards?(options?: ReadOptions): AsyncIterable<SourceShard>;
  /** Records, where that is known without reading all (a Parquet footer). */
  knownCount(): Promise<number | undefined>;
}
