import { type FileRecord, type UploadPurpose, type UploadRecord } from '@tessera/contracts';
import { type Logger } from '@tessera/observability';
import {
  type EndUploadOutcome,
  type IncomingContent,
  type KnownUpload,
  type StoredBytes,
  type UploadIndex,
} from '@tessera/queue';
import { ObjectNotFoundError, type ObjectStore } from '@tessera/storage';
import { claimBytes } from '../claim-bytes.js';
import {
  StorageLimitExceededError,
  UploadFinishedError,
  UploadNotFoundError,
  UploadPartsInvalidError,
} from '../errors.js';
import { isUploadId, newFileId, newPartId, newUploadId } from '../file-id.js';
import { type FileStore } from '../file-store.js';
import { checkFirstLine } from '../first-line-check.js';
import { limitBytes } from '../limit-bytes.js';
import { partKey, uploadPrefix } from '../object-keys.js';
import { checkMd5 } from './check-md5.js';
import { checkParts } from './check-parts.js';
import { readParts } from './read-parts.js';

/** Largest part, in bytes. */
export const MAX_PART_BYTES = 64 * 1024 * 1024;
/** Parts that one upload may have, those of attempts that came to nothing included. */
export const MAX_PARTS = 10_000;
/** Time in which an upload must be completed. */
const UPLOAD_SECONDS = 3_600;

export interface UploadStoreOptions {
  readonly objectStore: ObjectStore;
  readonly uploads: UploadIndex;
  readonly storedBytes: StoredBytes;
  readonly files: FileStore;
  readonly logger: Logger;
}

export interface NewUpload {
  readonly ownerId: string;
  readonly filename: string;
  readonly purpose: UploadPurpose;
  readonly bytes: number;
  /** Time that the file is kept. */
  readonly fileSeconds: number;
}

export interface PartOptions {
  readonly signal?: AbortSignal;
  /** Most that the upload's owner may have in the store; absent: as much as it likes. */
  readonly limitBytes?: number;
}

export interface StoredPart {
  readonly id: string;
  readonly uploadId: string;
  readonly createdAtMs: number;
}

export interface Completion {
  readonly partIds: readonly string[];
  /** Of the whole file, in hex. */
  readonly md5?: string;
}

/** Files that come in parts, through whichever process: what is known of them is in Redis, their bytes in the store. */
export class UploadStore {
  constructor(private readonly options: UploadStoreOptions) {}

  /**
   * @param limitBytes most that its owner may have in the store; absent: as much as it likes
   * @throws {StorageLimitExceededError}
   */
  async create(upload: NewUpload, limitBytes?: number): Promise<UploadRecord> {
    await this.checkRoom(upload, limitBytes);
    const createdAtMs = Date.now();
    const expiresAtMs = createdAtMs + UPLOAD_SECONDS * 1000;
    const ids = { id: newUploadId(), fileId: newFileId() };
    const record: UploadRecord = { ...upload, ...ids, createdAtMs, expiresAtMs, status: 'pending' };
    await this.options.uploads.create(record);
    return record;
  }

  /** The owner's upload of this id. @throws {UploadNotFoundError} also where it is another owner's */
  async find(id: string, ownerId: string): Promise<KnownUpload> {
    const upload = await this.get(id);
    if (upload.record.ownerId !== ownerId) throw new UploadNotFoundError(id);
    return upload;
  }

  /** @throws {UploadNotFoundError} */
  async get(id: string): Promise<KnownUpload> {
    const upload = isUploadId(id) ? await this.options.uploads.get(id) : undefined;
    if (upload === undefined) throw new UploadNotFoundError(id);
    return upload;
  }

  /**
   * Takes one part.
   * @throws {UploadNotFoundError | UploadFinishedError | FileTooLargeError | UploadPartsInvalidError} nothing is kept
   */
  async addPart(
    id: string,
    source: AsyncIterable<Uint8Array>,
    options: PartOptions = {},
  ): Promise<StoredPart> {
    const { record } = await this.pending(id);
    const { signal, limitBytes: storeLimitBytes } = options;
    const part = { id: newPartId(), uploadId: id, createdAtMs: Date.now() };
    const claim: IncomingContent = { ownerId: record.ownerId, kind: 'part', id: part.id };
    const limited = limitBytes(source, MAX_PART_BYTES, 'data');
    try {
      const { bytes } = await this.options.objectStore.putStream(
        partKey(id, part.id),
        this.withinAllowance(limited, claim, storeLimitBytes),
        signal === undefined ? {} : { signal },
      );
      await this.notePart(record, part.id, bytes);
    } catch (error) {
      await this.tidy(() => this.options.objectStore.delete(partKey(id, part.id)), id);
      if (storeLimitBytes !== undefined) await this.tidy(() => this.options.storedBytes.release(claim), id);
      throw error;
    }
    return part;
  }

  /**
   * Makes the file of the parts, in the order given. Doing it again with the same parts gives the same file.
   * @throws {TesseraError} the upload stays as it was
   */
  async complete(
    id: string,
    { partIds, md5 }: Completion,
  ): Promise<{ upload: UploadRecord; file: FileRecord }> {
    const { record, partIds: earlier } = await this.get(id);
    const isRepeated = record.status === 'completed' && earlier.join() === partIds.join();
    const made = isRepeated ? await this.options.files.get(record.fileId) : undefined;
    if (made !== undefined) return { upload: record, file: made };
    if (record.status !== 'pending') throw new UploadFinishedError(id, record.status);
    checkParts(record, await this.options.uploads.parts(id), partIds);
    const file = await this.makeFile(record, { partIds, ...(md5 === undefined ? {} : { md5 }) });
    await this.noteCompletion(record, partIds);
    return { upload: { ...record, status: 'completed' }, file };
  }

  /** @throws {UploadNotFoundError | UploadFinishedError} the second for one that is completed or expired */
  async cancel(id: string): Promise<UploadRecord> {
    const { record } = await this.get(id);
    const outcome = await this.options.uploads.cancel(id);
    if (outcome === 'not_found') throw new UploadNotFoundError(id);
    if (outcome !== 'ended' && outcome !== 'cancelled') throw new UploadFinishedError(id, outcome);
    await this.removeParts(id);
    return { ...record, status: 'cancelled' };
  }

  private async checkRoom({ ownerId, bytes }: NewUpload, limitBytes?: number): Promise<void> {
    if (limitBytes === undefined) return;
    const storedBytes = await this.options.storedBytes.total(ownerId);
    if (storedBytes + bytes > limitBytes) throw new StorageLimitExceededError(limitBytes, storedBytes);
  }

  private withinAllowance(
    source: AsyncIterable<Uint8Array>,
    claim: IncomingContent,
    limitBytes: number | undefined,
  ): AsyncIterable<Uint8Array> {
    const { storedBytes } = this.options;
    return limitBytes === undefined ? source : claimBytes(source, claim, { storedBytes, limitBytes });
  }

  private async pending(id: string): Promise<KnownUpload> {
    const upload = await this.get(id);
    if (upload.record.status !== 'pending') throw new UploadFinishedError(id, upload.record.status);
    return upload;
  }

  private async notePart(record: UploadRecord, partId: string, bytes: number): Promise<void> {
    if (bytes === 0) throw new UploadPartsInvalidError('a part must not be empty', 'data');
    // Twice, since a client may send every part again whose answer was lost.
    const limits = { maxBytes: 2 * record.bytes + MAX_PART_BYTES, maxParts: MAX_PARTS };
    const outcome = await this.options.uploads.addPart({ uploadId: record.id, partId, bytes }, limits);
    switch (outcome) {
      case 'added':
        return;
      case 'not_found':
        throw new UploadNotFoundError(record.id);
      case 'too_many_bytes':
        throw new UploadPartsInvalidError(
          `the parts have far more than the ${record.bytes} bytes announced`,
          'data',
        );
      case 'too_many_parts':
        throw new UploadPartsInvalidError(
          `an upload may have at most ${MAX_PARTS} parts, given more`,
          'data',
        );
      default:
        throw new UploadFinishedError(record.id, outcome);
    }
  }

  private async makeFile(record: UploadRecord, { partIds, md5 }: Completion): Promise<FileRecord> {
    const { objectStore, files } = this.options;
    const parts = readParts(
      objectStore,
      partIds.map((partId) => partKey(record.id, partId)),
    );
    const whole = md5 === undefined ? parts : checkMd5(parts, md5);
    try {
      return await files.createFromStream({
        id: record.fileId,
        ownerId: record.ownerId,
        purpose: record.purpose,
        filename: record.filename,
        expiresAtSeconds: Math.floor(Date.now() / 1000) + record.fileSeconds,
        source: record.purpose === 'batch' ? checkFirstLine(whole) : whole,
      });
    } catch (error) {
      // Cancelled, expired or completed by another request meanwhile, which removed the parts.
      if (error instanceof ObjectNotFoundError) {
        const { status } = (await this.get(record.id)).record;
        if (status !== 'pending') throw new UploadFinishedError(record.id, status);
      }
      throw error;
    }
  }

  private async noteCompletion(record: UploadRecord, partIds: readonly string[]): Promise<void> {
    const outcome = await this.options.uploads.complete(record.id, partIds);
    if (outcome !== 'ended' && outcome !== 'completed') {
      await this.options.files.delete(record.fileId);
      throw toRefusal(record.id, outcome);
    }
    await this.removeParts(record.id);
  }

  private removeParts(id: string): Promise<void> {
    return this.tidy(() => this.options.objectStore.deletePrefix(uploadPrefix(id)), id);
  }

  /** Upkeep does what fails here. */
  private async tidy(remove: () => Promise<void>, uploadId: string): Promise<void> {
    try {
      await remove();
    } catch (err) {
      this.options.logger.warn({ err, uploadId }, 'parts of the upload are left to upkeep');
    }
  }
}

function toRefusal(id: string, outcome: Exclude<EndUploadOutcome, 'ended'>): Error {
  return outcome === 'not_found' ? new UploadNotFoundError(id) : new UploadFinishedError(id, outcome);
}
