import { describe, expect, it } from 'vitest';
import { type ServiceBatch } from './batch-schema.js';
import { describeBatch, describeBatchBriefly } from './describe-batch.js';

const CREATED_AT = Date.parse('2026-11-25T12:00:00Z') / 1000;
const batch = (changes: Partial<ServiceBatch> = {}): ServiceBatch => ({
  id: 'batch_1',
  object: 'batch',
  status: 'in_progress',
  input_file_id: 'file-in',
  created_at: CREATED_AT,
  expires_at: CREATED_AT + 86_400,
  request_counts: { total: 1_200, completed: 1_000, failed: 5 },
  ...changes,
});

describe('describeBatch', () => {
  it('tells what is known, and nothing of what is not', () => {
    expect(describeBatch(batch(), (CREATED_AT + 3_600) * 1000)).toBe(
      [
        'batch_1 in_progress',
        '  rows      1,000 completed, 5 failed of 1,200',
        '  input     file-in',
        '  created   2026-11-25T12:00:00Z',
        '  expires   2026-11-26T12:00:00Z, in 23 h 0 min',
      ].join('\n'),
    );
  });

  it('tells files, tokens and metadata of one that has ended, which expires no more', () => {
    const ended = batch({
      status: 'completed',
      model: 'tiny',
      output_file_id: 'file-out',
      error_file_id: 'file-err',
      retry_of: 'batch_0',
      usage: { input_tokens: 12_000, output_tokens: 34 },
      metadata: { a: 'b', c: 'd=e' },
    });
    expect(describeBatch(ended).split('\n').slice(2)).toEqual([
      '  tokens    12,000 in, 34 out',
      '  model     tiny',
      '  input     file-in',
      '  output    file-out',
      '  errors    file-err',
      '  created   2026-11-25T12:00:00Z',
      '  repeats   batch_0',
      '  metadata  a=b, c=d=e',
    ]);
  });

  it('tells what is wrong with the input, with its line, and how much more is', () => {
    const data = Array.from({ length: 12 }, (_, index) => ({
      code: 'invalid_json_line',
      message: 'no JSON',
      line: index === 0 ? null : 734_100 + index,
    }));
    const lines = describeBatch(batch({ status: 'failed', errors: { data } })).split('\n');
    expect(lines).toContain('  no JSON (invalid_json_line)');
    expect(lines).toContain('  line 734,101: no JSON (invalid_json_line)');
    expect(lines.at(-1)).toBe('  and 2 more; --json has them all');
  });
});

describe('describeBatchBriefly', () => {
  it('is one line', () => {
    expect(describeBatchBriefly(batch())).toBe(
      'batch_1  in_progress  2026-11-25T12:00:00Z  1,000 completed, 5 failed of 1,200',
    );
  });
});
