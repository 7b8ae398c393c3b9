import { type Answer, type JobRecord } from '@tessera/contracts';
import { describe, expect, it } from 'vitest';
import { toJobObject } from './to-job-object.js';

const queued: JobRecord = {
  id: 'job_1',
  ownerId: 'key_1',
  weight: 1,
  status: 'queued',
  request: { model: 'tiny', messages: [], images: [] },
  metadata: { row: '7' },
  baseUrl: 'http://localhost:8080',
  createdAtMs: 1_700_000_000_900,
  deadlineAtMs: 1_700_000_060_100,
  maxAttempts: 3,
  attempts: 0,
  requestId: 'request-1',
  cancelRequested: false,
};

const answer: Answer = {
  output: { text: 'A cat.', finish_reason: 'stop' },
  usage: {
    prompt_tokens: 9,
    completion_tokens: 2,
    total_tokens: 11,
    prompt_tokens_details: { cached_tokens: 0, image_tokens: 4 },
  },
  tiles: [{ columns: 1, rows: 1, tiles: 1, width: 8, height: 8 }],
  timings: {
    queue_ms: 1,
    fetch_ms: 1,
    preprocess_ms: 1,
    vision_ms: 1,
    prefill_ms: 1,
    decode_ms: 1,
    total_ms: 6,
  },
  model: { id: 'tiny', revision: 'r1' },
};

describe('toJobObject', () => {
  it('shows a queued job in whole seconds, with its place and its URLs', () => {
    expect(toJobObject(queued, 4)).toEqual({
      id: 'job_1',
      object: 'job',
      status: 'queued',
      model: { id: 'tiny', revision: null },
      output: null,
      error: null,
      usage: null,
      tiles: null,
      timings: null,
      metadata: { row: '7' },
      urls: {
        get: 'http://localhost:8080/v1/jobs/job_1',
        cancel: 'http://localhost:8080/v1/jobs/job_1/cancel',
        stream: 'http://localhost:8080/v1/jobs/job_1/stream',
      },
      created_at: 1_700_000_000,
      started_at: null,
      finished_at: null,
      expires_at: 1_700_000_060,
      attempts: 0,
      queue_position: 4,
    });
  });

  it('shows a finished job with its answer, and no place in the queue', () => {
    const record: JobRecord = { ...queued, status: 'completed', finishedAtMs: 1_700_000_003_000, answer };
    expect(toJobObject(record, 0)).toMatchObject({
      ...answer,
      status: 'completed',
      finished_at: 1_700_000_003,
    });
    expect(toJobObject(record, 0)).not.toHaveProperty('queue_position');
  });

  it('shows what went wrong with a failed job', () => {
    const error = { code: 'image_unreadable', message: 'not an image', retryable: false } as const;
    expect(toJobObject({ ...queued, status: 'failed', error })).toMatchObject({ error, output: null });
  });
});
