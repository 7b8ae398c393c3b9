import { type Replica } from './tenant-system.js';

/** What came of an HTTP request. */
export type RequestEnd =
  /** `code` is that of the error, where there is one. */
  | { readonly kind: 'answered'; readonly status: number; readonly code?: string | undefined }
  /** The replica was not there: it has not seen it. */
  | { readonly kind: 'not received' }
  /** Cut off, so that nobody knows what the replica has done with it. */
  | { readonly kind: 'cut off' };

/** One HTTP request as its client knows it. */
export interface SentRequest {
  readonly replica: Replica;
  readonly makesWork: boolean;
  readonly sentAtMs: number;
  /** For streams: from then on it was certainly under way, until `endedAtMs`. */
  readonly openedAtMs?: number;
  /** The client had all of the answer, has closed the connection, or has seen it break. */
  readonly endedAtMs: number;
  readonly end: RequestEnd;
}

/** Every HTTP request that was sent with one key. */
export class Ledger {
  readonly requests: SentRequest[] = [];

  add(request: SentRequest): void {
    this.requests.push(request);
  }

  refusedWith(code: string): SentRequest[] {
    return this.requests.filter(({ end }) => end.kind === 'answered' && end.code === code);
  }
}
