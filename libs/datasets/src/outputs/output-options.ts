import type { OutputForm } from '@tessera/contracts';
import type { S3Service } from '@tessera/storage';
import type { RowShape } from './rows/row-columns.js';

export interface SidecarOptions {
  /** With its dot. Default `.txt`. */
  readonly extension?: string;
  /** What becomes of a caption that is there before the run. Default `skip`. */
  readonly onExisting?: 'skip' | 'overwrite' | 'append';
  /** Between what is there and what is appended. Default: a new line. */
  readonly separator?: string;
}

export interface OutputOptions {
  /** Absent: by the name, for a single file. */
  readonly form?: OutputForm;
  /** Whether an image has more rows than one. Default: no. */
  readonly severalPrompts?: boolean;
  /** Leaves out `timings` and `created_at`, so that two runs of the same work write the same bytes. Default: no. */
  readonly omitVolatile?: boolean;
  /**
   * Columns of the source that are carried through. Tables (CSV, Parquet) have the same columns in every row: there they
   * must be named.
   */
  readonly carried: RowShape['carried'];
  /** Forgets the rows of earlier runs, and replaces a file by another program. Default: goes on from there. */
  readonly overwrite?: boolean;
  readonly sidecar?: SidecarOptions;
  /** For `s3://` places. Default: AWS. */
  readonly s3Service?: S3Service;
}
