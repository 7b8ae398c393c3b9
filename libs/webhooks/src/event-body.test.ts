import { type Job } from '@tessera/contracts';
import { describe, expect, it } from 'vitest';
import { encodeEvent, toJobEvent } from './event-body.js';

const identity = { id: 'evt_1', type: 'job.completed', createdAtSeconds: 1_719_168_000 } as const;

function jobAnswering(text: string): Job {
  return {
    id: 'job_1',
    object: 'job',
    status: 'completed',
    model: { id: 'tessera-tiny', revision: 'r1' },
    output: { text, finish_reason: 'stop' },
    error: null,
    usage: null,
    tiles: null,
    timings: null,
    metadata: { customer: 'u1' },
    urls: { get: 'http://a/v1/jobs/job_1', cancel: 'http://a/c', stream: 'http://a/s' },
    created_at: 1,
    started_at: 2,
    finished_at: 3,
    expires_at: null,
    attempts: 1,
  };
}

describe('toJobEvent', () => {
  it('holds the whole job, and its time twice', () => {
    const job = jobAnswering('a cat');
    expect(toJobEvent(job, identity)).toEqual({
      id: 'evt_1',
      object: 'event',
      type: 'job.completed',
      created_at: 1_719_168_000,
      timestamp: '2024-06-23T18:40:00.000Z',
      data: job,
    });
  });
});

describe('encodeEvent', () => {
  const encode = (text: string) => encodeEvent(toJobEvent(jobAnswering(text), identity));
  const overhead = Buffer.byteLength(encode(''));

  it('sends the whole job up to 20,000 bytes, counted as UTF-8', () => {
    const longest = 'é'.repeat(Math.floor((20_000 - overhead) / 2));
    expect(JSON.parse(encode(longest))).toEqual(toJobEvent(jobAnswering(longest), identity));
    expect(JSON.parse(encode(`${longest}éé`))).toEqual({
      ...toJobEvent(jobAnswering(''), identity),
      data: { id: 'job_1', status: 'completed', urls: jobAnswering('').urls },
    });
  });
});
