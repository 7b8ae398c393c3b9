import { type JobRecord } from '@tessera/contracts';
import { createLogger } from '@tessera/observability';
import { type JobStore, RedisUnavailableError } from '@tessera/queue';
import { ObjectStoreUnavailableError } from '@tessera/storage';
import { describe, expect, it } from 'vitest';
import { JobStreamService } from './job-stream.service.js';
import { type JobsService } from './jobs.service.js';

const logger = createLogger({ name: 'test', level: 'silent' });
const record = { id: 'job_1' } as JobRecord;

/** The whole text of a stream whose events break off with this failure. */
async function textOf(failure: Error): Promise<string> {
  const events = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(failure) }) };
  const jobStore = { streamEvents: () => events } as unknown as JobStore;
  const streams = new JobStreamService(logger, jobStore, {} as JobsService);
  let text = '';
  for await (const piece of streams.text(record, undefined, new AbortController().signal)) text += piece;
  return text;
}

describe('JobStreamService', () => {
  it.each([
    [
      new RedisUnavailableError('read the events', new Error('connect ECONNREFUSED 10.0.0.7:6379')),
      'service_unavailable',
      'Redis cannot be reached right now',
    ],
    [
      new ObjectStoreUnavailableError(
        'get',
        'jobs/job_1/image',
        new Error('connect ECONNREFUSED 10.0.0.7:9000'),
      ),
      'service_unavailable',
      'the object store cannot be reached right now',
    ],
    [new Error('at 10.0.0.7'), 'internal_error', 'something broke on our side'],
  ])(
    'ends with an error that keeps to itself what the parts of the service say: %s',
    async (failure, code, message) => {
      const text = await textOf(failure);
      expect(text).toContain('event: error\n');
      expect(text).toContain(`"code":"${code}"`);
      expect(text).toContain(message);
      expect(text).not.toContain('10.0.0.7');
    },
  );
});
