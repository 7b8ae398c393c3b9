import { createHash } from 'node:crypto';

/** What the lines of a row are called: the same every time the row runs, so that nothing depends on which attempt won. */
export interface RowIds {
  /** `batch_req_...`, the line's id. */
  readonly lineId: string;
  /** `req_...`, the id of the request that the row stands for. */
  readonly requestId: string;
}

export function rowIdsOf(batchId: string, row: number): RowIds {
  const digest = createHash('sha256').update(`${batchId}:${row}`).digest('hex').slice(0, 32);
  return { lineId: `batch_req_${digest}`, requestId: `req_${digest}` };
}
