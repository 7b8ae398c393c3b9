import type { UploadRecord, UploadStatus } from '@tessera/contracts';

/** An upload as it is now. */
export interface KnownUpload {
  readonly record: UploadRecord;
  /** Parts that made the file, once completed. */
  readonly partIds: readonly string[];
}

export interface NewPart {
  readonly uploadId: string;
  readonly partId: string;
  readonly bytes: number;
}

export interface PartLimits {
  /** Bytes of all parts of the upload together. */
  readonly maxBytes: number;
  readonly maxParts: number;
}

export type AddPartOutcome =
  'added' | 'not_found' | 'too_many_bytes' | 'too_many_parts' | Exclude<UploadStatus, 'pending'>;

/** `ended` by this call, or the status that it had before. */
export type EndUploadOutcome = 'ended' | 'not_found' | UploadStatus;

/** Uploads in parts: their state is in Redis alone, and an upload under way is lost with it. */
export interface UploadIndex {
  create(record: UploadRecord): Promise<void>;
  /** Undefined for an unknown one, and some time after its end. */
  get(id: string): Promise<KnownUpload | undefined>;
  /** Notes a part whose bytes are in the store. */
  addPart(part: NewPart, limits: PartLimits): Promise<AddPartOutcome>;
  /** Bytes of every part, by its id. */
  parts(id: string): Promise<Map<string, number>>;
  complete(id: string, partIds: readonly string[]): Promise<EndUploadOutcome>;
  cancel(id: string): Promise<EndUploadOutcome>;
  /** Of one that its time has left pending. */
  expire(id: string): Promise<EndUploadOutcome>;
  /** Ids of uploads that have not ended though their time is over for `forMs`. */
  listExpired(forMs: number, limit: number): Promise<string[]>;
  /** Those of the ids whose parts nobody will read. */
  notPending(ids: readonly string[]): Promise<string[]>;
}
