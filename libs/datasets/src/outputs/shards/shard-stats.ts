import { z } from 'zod';
import type { ShardState } from '../../output.js';
import type { DatasetRow } from '../../row.js';

/** What lies beside a shard as the mark that it is there: img2dataset's counts, and ours. */
export const shardStatsSchema = z.object({
  /** Of the output that the shard belongs to, so that no other takes it for its own. */
  form: z.string(),
  /** Names of the columns, where all shards must have the same ones. */
  columns: z.array(z.string()).optional(),
  /** Of the file. */
  bytes: z.int(),
  count: z.int(),
  successes: z.int(),
  failed: z.int(),
  skipped: z.int(),
  /** Rows by status, failed ones by error code. */
  status_dict: z.record(z.string(), z.int()),
});

export type ShardStats = z.infer<typeof shardStatsSchema>;

export type RowCounts = Pick<ShardStats, 'count' | 'successes' | 'failed' | 'skipped' | 'status_dict'>;

export function countRows(rows: readonly DatasetRow[]): RowCounts {
  const counts = { completed: 0, failed: 0, skipped_existing: 0, skipped_duplicate: 0 };
  const outcomes = new Map<string, number>();
  for (const { status, error_code } of rows) {
    counts[status] += 1;
    const outcome = status === 'failed' ? (error_code ?? status) : status;
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  return {
    count: rows.length,
    successes: counts.completed,
    failed: counts.failed,
    skipped: counts.skipped_existing + counts.skipped_duplicate,
    status_dict: Object.fromEntries([...outcomes].sort(([left], [right]) => (left < right ? -1 : 1))),
  };
}

export function toShardState(name: string, { count, successes, failed, skipped }: RowCounts): ShardState {
  return {
    name,
    rows: count,
    completed: successes,
    failed,
    skipped,
    isAllFailed: count > 0 && failed === count,
  };
}
