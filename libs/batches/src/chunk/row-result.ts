import {
  type BatchRow,
  type EarlyEnd,
  type RowAnswer,
  type TokenCounts,
  tokenCountsSchema,
} from '@tessera/contracts';
import { type StartedChunk } from '@tessera/queue';
import { z } from 'zod';
import { rowIdsOf } from './batch-row.js';

/** What came of a row: its line, which file that belongs to, and how it counts. */
export interface RowResult {
  /** A JSON line of OpenAI's, without its end. */
  readonly line: string;
  /** Rows that never ran have a line in the error file and count as neither. */
  readonly outcome: 'completed' | 'failed' | 'unrun';
  readonly tokens: TokenCounts;
}

const NO_TOKENS: TokenCounts = { input: 0, cached: 0, output: 0 };

const EARLY_END_ERRORS = {
  cancelled: {
    code: 'batch_cancelled',
    message: 'The batch was cancelled before this request could be executed.',
  },
  expired: {
    code: 'batch_expired',
    message: 'This request could not be executed before the completion window expired.',
  },
} as const satisfies Record<EarlyEnd, { code: string; message: string }>;

/** Which row of which batch, and what the client calls it. */
export interface RowName {
  readonly batchId: string;
  readonly row: number;
  readonly customId: string;
}

/** A row as a worker is to answer it. */
export function toBatchRow(
  { batchId, row, customId }: RowName,
  body: unknown,
  { ownerId }: Pick<StartedChunk, 'ownerId'>,
): BatchRow {
  return { batchId, ownerId, customId, body, requestId: rowIdsOf(batchId, row).requestId };
}

/** A row that was answered, or refused as the API would have refused it. */
export function toRowResult(name: RowName, answer: RowAnswer): RowResult {
  const isAnswered = answer.kind === 'answered';
  const response = {
    status_code: isAnswered ? 200 : answer.status,
    request_id: rowIdsOf(name.batchId, name.row).requestId,
    body: isAnswered ? answer.completion : answer.body,
  };
  return {
    line: lineOf(name, { response, error: null }),
    outcome: isAnswered ? 'completed' : 'failed',
    tokens: isAnswered ? answer.tokens : NO_TOKENS,
  };
}

/** A row whose workers died over it. */
export function crashedRowResult(name: RowName): RowResult {
  const error = { code: 'worker_crashed', message: 'The workers that ran this request died.' };
  return { line: lineOf(name, { response: null, error }), outcome: 'failed', tokens: NO_TOKENS };
}

/** A row that never ran, as its batch ended early. */
export function unrunRowResult(name: RowName, earlyEnd: EarlyEnd): RowResult {
  const error = EARLY_END_ERRORS[earlyEnd];
  return { line: lineOf(name, { response: null, error }), outcome: 'unrun', tokens: NO_TOKENS };
}

function lineOf(
  { batchId, row, customId }: RowName,
  result: { response: object | null; error: object | null },
): string {
  return JSON.stringify({ id: rowIdsOf(batchId, row).lineId, custom_id: customId, ...result });
}

const journaled = z.object({
  line: z.string(),
  outcome: z.enum(['completed', 'failed', 'unrun']),
  tokens: tokenCountsSchema,
}) satisfies z.ZodType<RowResult>;

/** A result as the journal of its chunk keeps it. */
export function encodeRowResult(result: RowResult): string {
  return JSON.stringify(result);
}

export function decodeRowResult(text: string): RowResult {
  return journaled.parse(JSON.parse(text));
}
