import { describe, expect, it } from 'vitest';
import { type StatusLine } from '../terminal/status-line.js';
import { BatchProgress } from './batch-progress.js';
import { type ServiceBatch } from './batch-schema.js';

function watch() {
  const lines: string[] = [];
  let atMs = 0;
  const status: StatusLine = { update: (text) => lines.push(text), print: () => {}, clear: () => {} };
  const progress = new BatchProgress(status, () => atMs);
  const show = (changes: Partial<ServiceBatch>): string | undefined => {
    atMs += 1_000;
    progress.show({ ...BATCH, ...changes });
    return lines.at(-1);
  };
  return { show };
}

const BATCH: ServiceBatch = {
  id: 'batch_1',
  object: 'batch',
  status: 'in_progress',
  input_file_id: 'file-in',
  created_at: 0,
  request_counts: { total: 1_000, completed: 500, failed: 0 },
};
const counts = (completed: number, failed: number) => ({
  request_counts: { total: 1_000, completed, failed },
});

describe('BatchProgress', () => {
  it('shows the status alone until the rows are counted', () => {
    const uncounted = { total: 0, completed: 0, failed: 0 };
    expect(watch().show({ status: 'validating', request_counts: uncounted })).toBe('batch_1 validating');
  });

  it('counts failed rows as done, and measures the speed from when the watching began', () => {
    const { show } = watch();
    show(counts(500, 0));
    expect(show(counts(510, 10))).toContain('52 %, 520 of 1,000 rows, 20.0 rows/s, 24 s left, 10 failed');
  });

  it('takes no rows of the status before for speed of the next one', () => {
    const { show } = watch();
    show(counts(0, 0));
    show(counts(990, 0));
    expect(show({ status: 'cancelling', ...counts(995, 0) })).not.toContain('rows/s');
  });
});
