/**
 * Objects by key. A key is one or more segments of letters, digits, `.`, `_` and `-` between slashes, no segment `.` or
 * `..`, at most 512 characters; any other is refused with an `ObjectKeyInvalidError`.
 * Every implementation passes the same conformance suite.
 */
export interface ObjectStore {
  /** Writes the whole object or nothing; a reader never sees half of one. Durable once resolved. Replaces. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** @throws {ObjectNotFoundError} */
  get(key: string): Promise<Uint8Array>;
  /** Keys that begin with `prefix`, in no particular order. */
  list(prefix: string): AsyncIterable<string>;
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>;
  /** Deletes every object whose key begins with `prefix`, which ends in a slash. */
  deletePrefix(prefix: string): Promise<void>;
}
