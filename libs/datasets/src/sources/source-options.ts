import type { SourceForm } from '@tessera/contracts';
import type { InputBuckets } from '@tessera/storage';
import type { DatasetSource } from '../source.js';

/** Forms whose rows have columns, one image a row. */
export type ListForm = Exclude<SourceForm, 'images' | 'imagefolder' | 'webdataset'>;

/** A dataset whose form is known. */
export interface OpenedSource extends DatasetSource {
  readonly form: SourceForm;
}

export interface SourceOptions {
  /** Reads `s3://` places. */
  readonly buckets: Pick<InputBuckets, 'open' | 'list'>;
  /** Absent: told from the names of what is there. */
  readonly form?: SourceForm | undefined;
  /**
   * Column that names the image: its path, URL, or the bytes themselves; of a tar, the extension of the image (`jpg`).
   * Absent: the first of {@link IMAGE_COLUMNS} that is there.
   */
  readonly imageColumn?: string | undefined;
  /** Column of a list whose values become keys. Absent: the path in an ImageFolder, else the number of the row. */
  readonly keyColumn?: string | undefined;
  /** Between the cells of a row: `,` for CSV, a tab for TSV. */
  readonly delimiter?: string | undefined;
  /** Names of the columns of a CSV or TSV without a line of them. */
  readonly columns?: readonly string[] | undefined;
  /** Whether a cell of CSV or TSV may stand in double quotes; default true. */
  readonly quotes?: boolean | undefined;
  /** False where the user may not read this machine's files: only URLs and `s3://`. Default true. */
  readonly allowLocalFiles?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a column that names images is called most often. */
export const IMAGE_COLUMNS = ['image', 'image_path', 'path', 'file_name', 'url', 'image_url'] as const;
