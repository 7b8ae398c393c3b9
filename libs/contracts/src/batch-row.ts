import type { TokenCounts } from './batch-record.js';

/** One row of a batch, as the worker answers it. */
export interface BatchRow {
  readonly batchId: string;
  readonly ownerId: string;
  readonly customId: string;
  /** The request body, unchecked JSON. */
  readonly body: unknown;
  /** Id of this row's request, `req_...`. */
  readonly requestId: string;
}

/** What came of a row. */
export type RowAnswer =
  | { readonly kind: 'answered'; readonly completion: object; readonly tokens: TokenCounts }
  /** With the HTTP status and body that the same request would get from the API. */
  | { readonly kind: 'refused'; readonly status: number; readonly body: object };

/** Answers one row, as often as it takes; rejects only when the signal aborts. */
export type AnswerRow = (row: BatchRow, options: { readonly signal: AbortSignal }) => Promise<RowAnswer>;
