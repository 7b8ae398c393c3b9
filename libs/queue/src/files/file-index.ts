import type { FilePurpose, FileRecord } from '@tessera/contracts';
import type { StoredBytes } from './stored-bytes.js';
import type { UploadIndex } from './upload-index.js';

export interface FileQuery {
  readonly ownerId: string;
  readonly limit: number;
  readonly order: 'asc' | 'desc';
  /** Id of the last file already seen. */
  readonly after?: string;
  readonly purpose?: FilePurpose;
}

export interface FilePage {
  readonly records: FileRecord[];
  readonly hasMore: boolean;
}

/** Whose objects the store holds under an id of its own. */
export type OwnerKind = 'file' | 'upload';

/** The files in Redis, by creation and by expiry. A cache: the store has the truth, and `libs/files` keeps them alike. */
export interface FileIndex {
  readonly uploads: UploadIndex;
  readonly storedBytes: StoredBytes;
  /** Adds or replaces an entry. */
  put(record: FileRecord): Promise<void>;
  /** False where there was none. */
  remove(id: string): Promise<boolean>;
  /** @throws {UnknownCursorError} */
  list(query: FileQuery): Promise<FilePage>;
  /** Ids of files whose expiry has passed, longest due first. */
  listExpired(limit: number): Promise<string[]>;
  /** A removal that failed comes round again after so long. */
  postponeExpiry(id: string, byMs: number): Promise<void>;
  /** Those of the ids that have no entry. */
  missing(ids: readonly string[]): Promise<string[]>;
  /** Notes ids whose objects nobody owns; gives those that have been noted for `afterMs`. */
  noteOrphans(kind: OwnerKind, ids: readonly string[], afterMs: number): Promise<string[]>;
  ping(): Promise<void>;
  close(): Promise<void>;
}
