/** Content that is on its way into the store: of a file, or of a part of an upload. */
export interface IncomingContent {
  readonly ownerId: string;
  readonly kind: 'file' | 'part';
  readonly id: string;
}

export type ClaimOutcome =
  | { readonly kind: 'claimed'; readonly bytes: number }
  /** With it the owner would have more than it may; `storedBytes` are those without it. */
  | { readonly kind: 'exceeded'; readonly storedBytes: number };

/**
 * Bytes that owners have in the store, counted by what they have: an entry a file, an upload, a job with images. Those of
 * content that still comes are claimed; a claim lapses unless it is renewed, and becomes the file's once that is listed.
 */
export interface StoredBytes {
  /** Claims what has come and, where there is room, up to `wantedBytes`. */
  claim(
    content: IncomingContent,
    options: { neededBytes: number; wantedBytes: number; limitBytes: number; lapseMs: number },
  ): Promise<ClaimOutcome>;
  /** Of content that came to nothing. */
  release(content: IncomingContent): Promise<void>;
  /** Bytes of the owner now. */
  total(ownerId: string): Promise<number>;
  /** Makes the entries of every owner those of what exists. @returns entries removed */
  reconcile(): Promise<string[]>;
}
