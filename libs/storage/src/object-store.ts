import type { Readable } from 'node:stream';

export interface ObjectInfo {
  readonly key: string;
  readonly bytes: number;
}

/** Bytes of an object, cut at its end: a range beyond the end holds none. */
export interface ObjectRange {
  /** First byte, from 0. */
  readonly start: number;
  /** One past the last byte; absent: to the end. */
  readonly end?: number;
}

export interface OpenedObject {
  /** Size of the whole object, whatever the range. */
  readonly bytes: number;
  /** Fails with an `ObjectStoreUnavailableError` when the store breaks off. Read it to its end or destroy it. */
  readonly body: Readable;
}

export interface DownloadOptions {
  /** A week at most, which is what S3 allows. */
  readonly expiresInSeconds: number;
  /** `Content-Disposition` header of the download. */
  readonly contentDisposition?: string;
}

/**
 * Objects by key. A key is one or more segments of letters, digits, `.`, `_` and `-` between slashes, no segment `.` or
 * `..`, a segment at most 255 characters, the key at most 512; any other is refused with an `ObjectKeyInvalidError`.
 * A key never is a folder of another: with `a/b` there is no `a`. The folder store refuses the second of the two.
 * Whatever keeps a store from working right now is an `ObjectStoreUnavailableError`, worth another attempt.
 * Every implementation passes the same conformance suite.
 */
export interface ObjectStore {
  /** Writes the whole object or nothing; a reader never sees half of one. Durable once resolved. Replaces. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /**
   * Writes an object of unknown length in bounded memory, as whole and as durable as `put` does.
   * A source that throws and an abort leave nothing, and reject with the source's error or the signal's reason.
   */
  putStream(
    key: string,
    source: AsyncIterable<Uint8Array>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<{ bytes: number }>;
  /** @throws {ObjectNotFoundError} */
  get(key: string): Promise<Uint8Array>;
  /**
   * Streams an object or a range of it. What it opened stays whole while the object is replaced or deleted.
   * @throws {ObjectNotFoundError} before the first byte
   */
  open(
    key: string,
    options?: { readonly range?: ObjectRange; readonly signal?: AbortSignal },
  ): Promise<OpenedObject>;
  /** Undefined where there is none. */
  stat(key: string): Promise<ObjectInfo | undefined>;
  /** Keys that begin with `prefix`, in no particular order; `prefix` may end inside a segment. */
  list(prefix: string): AsyncIterable<string>;
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>;
  /**
   * Deletes every object whose key begins with `prefix`, which ends in a slash.
   * An object put meanwhile is deleted too or stays whole; its `put` succeeds either way.
   */
  deletePrefix(prefix: string): Promise<void>;
  /** A URL under which anyone can read the object for a while; undefined where the store has none (a folder). */
  presignDownload(key: string, options: DownloadOptions): Promise<string | undefined>;
}
