import { type JobRecord } from '@tessera/contracts';
import { describe, expect, it } from 'vitest';
import { RecordInvalidError } from './errors.js';
import { decodeRecord, encodeRecord, recordReply } from './record-fields.js';

const record: JobRecord = {
  id: 'job_1',
  ownerId: 'key_1',
  weight: 1,
  status: 'queued',
  request: {
    model: 'tiny',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Was ist das? ✓\n"' }] }],
    images: [{ source: { kind: 'url', url: 'https://example.test/a.png' }, maxTiles: 4 }],
  },
  webhook: { url: 'https://example.test/hook', events: ['job.failed'] },
  metadata: { row: '7' },
  baseUrl: 'http://localhost:8080',
  createdAtMs: 1_700_000_000_900,
  deadlineAtMs: 1_700_000_060_100,
  executionTimeoutMs: 5_000,
  maxAttempts: 3,
  attempts: 0,
  requestId: '',
  cancelRequested: false,
};
const options = { priority: 'low', retentionSeconds: 60 } as const;

describe('a record in Redis', () => {
  it('reads back as it was written', () => {
    expect(recordReply.parse(encodeRecord(record, options))).toEqual(record);
  });

  it('lacks the fields that the record lacks', () => {
    const least = { ...record };
    delete least.webhook;
    delete least.deadlineAtMs;
    delete least.executionTimeoutMs;
    const flat = encodeRecord(least, options);
    expect(flat).not.toContain('undefined');
    const readBack = recordReply.parse(flat);
    expect(readBack).toEqual(least);
    expect(readBack).not.toHaveProperty('webhook');
  });

  it("is refused when it is nobody's", () => {
    const flat = encodeRecord(record, options);
    const owner = flat.indexOf('ownerId');
    expect(() => recordReply.parse(flat.toSpliced(owner, 2))).toThrow(RecordInvalidError);
  });

  it.each([
    ['has a field of another kind', { attempts: 'many' }],
    ['has broken JSON', { request: '{' }],
    ['has a status that nobody knows', { status: 'paused' }],
  ])('is refused when it %s', (_case, change) => {
    const flat = encodeRecord(record, options);
    const fields: Record<string, string> = {};
    for (let index = 0; index < flat.length; index += 2) fields[flat[index] ?? ''] = flat[index + 1] ?? '';
    expect(() => decodeRecord({ ...fields, ...change })).toThrow(RecordInvalidError);
    expect(decodeRecord(fields)).toEqual(record);
  });
});
