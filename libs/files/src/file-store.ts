import { type FilePurpose, type FileRecord } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import {
  type FileIndex,
  type FilePage,
  type FileQuery,
  type IncomingContent,
  RedisUnavailableError,
} from '@tessera/queue';
import {
  type DownloadOptions,
  ObjectNotFoundError,
  type ObjectRange,
  type ObjectStore,
  type OpenedObject,
} from '@tessera/storage';
import { claimBytes, type StorageAllowance } from './claim-bytes.js';
import { FileNotFoundError } from './errors.js';
import { isFileId, newFileId } from './file-id.js';
import { readFileRecord, readStoredRecord, writeFileRecord } from './file-record.js';
import { contentKey, filePrefix, recordKey } from './object-keys.js';
import { indexStoredFiles } from './upkeep/index-stored-files.js';

export interface FileStoreOptions {
  readonly objectStore: ObjectStore;
  readonly index: FileIndex;
  /** Time that a file is kept which names no expiry of its own. */
  readonly retentionSeconds: number;
  readonly logger: Logger;
}

/** What makes stored content a file. */
export interface FileFacts {
  readonly ownerId: string;
  readonly purpose: FilePurpose;
  readonly filename: string;
  /** Unix time. Absent: when the retention has passed. */
  readonly expiresAtSeconds?: number;
}

export interface NewFile extends FileFacts {
  /** Making a file again under its id replaces it. Absent: a new id. */
  readonly id?: string;
  readonly source: AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
}

export interface ContentOptions {
  readonly id?: string;
  readonly signal?: AbortSignal;
  /** Absent: as much as comes. */
  readonly allowance?: StorageAllowance;
}

/** Bytes in the store that are no file yet: {@link FileStore.keep} makes them one. */
export interface StoredContent {
  readonly id: string;
  readonly bytes: number;
  /** Room in its owner's part of the store that it holds until it is a file. */
  readonly claim?: IncomingContent;
}

/** Files: what was acknowledged is in the store, and Redis only lists it. */
export class FileStore {
  constructor(private readonly options: FileStoreOptions) {}

  /** A source that throws and an abort leave nothing. */
  async createFromStream({ id, source, signal, ...facts }: NewFile): Promise<FileRecord> {
    const content = await this.storeContent(source, {
      ...(id === undefined ? {} : { id }),
      ...(signal === undefined ? {} : { signal }),
    });
    try {
      return await this.keep(content, facts);
    } catch (error) {
      // Under a given id there may be the file of an earlier attempt, with this very content.
      if (id === undefined) await this.discard(content);
      throw error;
    }
  }

  /**
   * For content that comes before it is known what it is for.
   * @throws {StorageLimitExceededError} where it does not fit; nothing is kept
   */
  async storeContent(
    source: AsyncIterable<Uint8Array>,
    options: ContentOptions = {},
  ): Promise<StoredContent> {
    const { id = newFileId(), signal, allowance } = options;
    const { objectStore, index } = this.options;
    const put = (bytes: AsyncIterable<Uint8Array>) =>
      objectStore.putStream(contentKey(id), bytes, signal === undefined ? {} : { signal });
    if (allowance?.limitBytes === undefined) return { id, bytes: (await put(source)).bytes };
    const { ownerId, limitBytes } = allowance;
    const claim: IncomingContent = { ownerId, kind: 'file', id };
    try {
      const { bytes } = await put(claimBytes(source, claim, { storedBytes: index.storedBytes, limitBytes }));
      return { id, bytes, claim };
    } catch (error) {
      await this.releaseClaim(claim);
      throw error;
    }
  }

  async keep({ id, bytes }: StoredContent, facts: FileFacts): Promise<FileRecord> {
    const createdAtMs = Date.now();
    const { ownerId, purpose, filename, expiresAtSeconds } = facts;
    const expiresAtMs =
      expiresAtSeconds === undefined
        ? createdAtMs + this.options.retentionSeconds * 1000
        : expiresAtSeconds * 1000;
    const record: FileRecord = { id, ownerId, bytes, createdAtMs, expiresAtMs, filename, purpose };
    await writeFileRecord(this.options.objectStore, record);
    await this.addToIndex(record);
    return record;
  }

  /** Removes content that is not to become a file. Failing is logged: upkeep removes what is left. */
  async discard({ id, claim }: StoredContent): Promise<void> {
    try {
      await this.options.objectStore.deletePrefix(filePrefix(id));
    } catch (err) {
      this.options.logger.warn({ err, fileId: id }, 'content that did not become a file is left to upkeep');
    }
    if (claim !== undefined) await this.releaseClaim(claim);
  }

  /** What fails to be released lapses. */
  private async releaseClaim(claim: IncomingContent): Promise<void> {
    try {
      await this.options.index.storedBytes.release(claim);
    } catch (err) {
      this.options.logger.warn({ err, fileId: claim.id }, 'room claimed in the store is left to lapse');
    }
  }

  /** Undefined for an unknown, deleted or expired file. */
  get(id: string): Promise<FileRecord | undefined> {
    return readFileRecord(this.options.objectStore, id);
  }

  /** The owner's file of this id. @throws {FileNotFoundError} also where it is another owner's */
  async find(id: string, ownerId: string): Promise<FileRecord> {
    const record = await this.get(id);
    if (record?.ownerId !== ownerId) throw new FileNotFoundError(id);
    return record;
  }

  /** @throws {UnknownCursorError} */
  list(query: FileQuery): Promise<FilePage> {
    return this.options.index.list(query);
  }

  /** @throws {FileNotFoundError} before the first byte */
  async openContent(
    id: string,
    options: { readonly range?: ObjectRange; readonly signal?: AbortSignal } = {},
  ): Promise<OpenedObject> {
    if (!isFileId(id)) throw new FileNotFoundError(id);
    try {
      return await this.options.objectStore.open(contentKey(id), options);
    } catch (cause) {
      if (cause instanceof ObjectNotFoundError) throw new FileNotFoundError(id, { cause });
      throw cause;
    }
  }

  /** An address at which anyone can read the content for a while; undefined where the store gives none. */
  presignContent(id: string, options: DownloadOptions): Promise<string | undefined> {
    return this.options.objectStore.presignDownload(contentKey(id), options);
  }

  /**
   * Deletes a file; false when there is none. The index goes first: of what a crash leaves, the record is the file, and
   * upkeep lists it again; without its record it is content that upkeep removes.
   */
  async delete(id: string): Promise<boolean> {
    if (!isFileId(id)) return false;
    const { objectStore, index } = this.options;
    const record = await readStoredRecord(objectStore, id);
    await index.remove(id);
    if (record === undefined) return false;
    await objectStore.delete(recordKey(id));
    await objectStore.deletePrefix(filePrefix(id));
    return true;
  }

  /** Lists every file of the store in Redis again. @returns how many there are */
  async rebuildIndex(): Promise<number> {
    return indexStoredFiles(this.options.objectStore, this.options.index);
  }

  /** The file is made: that it cannot be listed yet must not make the client send it again. */
  private async addToIndex(record: FileRecord): Promise<void> {
    try {
      await this.options.index.put(record);
    } catch (err) {
      if (!(err instanceof RedisUnavailableError)) throw err;
      this.options.logger.warn({ err, fileId: record.id }, 'upkeep will have to list the file');
    }
  }
}
