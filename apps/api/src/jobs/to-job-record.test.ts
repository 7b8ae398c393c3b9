import { describe, expect, it } from 'vitest';
import { toJobRecord } from './to-job-record.js';

const draft = { messages: [], images: [] };
const context = {
  id: 'job_1',
  caller: { keyId: 'key_2', ownerId: 'key_1', scopes: [], limits: { weight: 3 } },
  model: 'tiny',
  images: [],
  baseUrl: 'http://localhost',
  requestId: 'req_1',
  createdAtMs: 1_000,
  defaultMaxAttempts: 3,
};

describe('toJobRecord', () => {
  it('makes a queued record without what the body leaves out', () => {
    expect(toJobRecord({}, draft, context)).toEqual({
      id: 'job_1',
      ownerId: 'key_1',
      weight: 3,
      status: 'queued',
      request: { model: 'tiny', messages: [], images: [] },
      metadata: {},
      baseUrl: 'http://localhost',
      createdAtMs: 1_000,
      maxAttempts: 3,
      attempts: 0,
      requestId: 'req_1',
      cancelRequested: false,
    });
  });

  it('turns the policy from seconds into milliseconds and a deadline', () => {
    const policy = { ttl_seconds: 60, execution_timeout_seconds: 5, max_attempts: 7 };
    expect(toJobRecord({ policy }, { ...draft, maxTokens: 9 }, context)).toMatchObject({
      deadlineAtMs: 61_000,
      executionTimeoutMs: 5_000,
      maxAttempts: 7,
      request: { maxTokens: 9 },
    });
  });

  it('sends every event to the webhook unless the filter names some', () => {
    const webhook = 'https://hook.test/';
    expect(toJobRecord({ webhook }, draft, context).webhook?.events).toHaveLength(4);
    expect(toJobRecord({ webhook, webhook_events_filter: ['job.failed'] }, draft, context).webhook).toEqual({
      url: webhook,
      events: ['job.failed'],
    });
  });
});
