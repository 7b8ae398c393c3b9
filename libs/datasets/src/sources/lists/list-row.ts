import type { ErrorCode } from '@tessera/contracts';
import type { ColumnValue, ReadOptions } from '../../source.js';
import type { FoundFile } from '../locate/file-set.js';
import type { SourceOptions } from '../source-options.js';

export type Columns = Readonly<Record<string, ColumnValue>>;

/** A row as a list has it. `at` says where, as in `line 7`. */
export type ListRow =
  | {
      readonly kind: 'row';
      readonly at: string;
      readonly columns: Columns;
      /** Images that are in the list itself, by column. */
      readonly bytes?: ReadonlyMap<string, Uint8Array>;
    }
  | { readonly kind: 'bad'; readonly at: string; readonly code: ErrorCode; readonly reason: string };

/** Reads the rows of one list. Throws a SourceFileError where the list is damaged or cut off. */
export type ListReader = (file: FoundFile, options: SourceOptions & ReadOptions) => AsyncGenerator<ListRow>;
