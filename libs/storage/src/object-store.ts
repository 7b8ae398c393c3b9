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
  /** @throws {ObjectNotFoundError} */
  get(key: string): Promise<Uint8Array>;
  /** Keys that begin with `prefix`, in no particular order; `prefix` may end inside a segment. */
  list(prefix: string): AsyncIterable<string>;
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>;
  /**
   * Deletes every object whose key begins with `prefix`, which ends in a slash.
   * An object put meanwhile is deleted too or stays whole; its `put` succeeds either way.
   */
  deletePrefix(prefix: string): Promise<void>;
}
