import { describe, expect, it } from 'vitest';
import { loadConfig } from '../load-config.js';

describe('limits', () => {
  it('are none unless they are set, but for open batches', () => {
    expect(loadConfig({}).limits).toEqual({ openBatches: 1_000 });
    expect(loadConfig({ TESSERA_LIMIT_QUEUED_ROWS: '5' }).limits).toEqual({
      openBatches: 1_000,
      queuedRows: 5,
    });
  });

  it('are read each from its own variable', () => {
    const environment = {
      TESSERA_LIMIT_REQUESTS_PER_SECOND: '1',
      TESSERA_LIMIT_CONCURRENT_REQUESTS: '2',
      TESSERA_LIMIT_QUEUED_JOBS: '3',
      TESSERA_LIMIT_QUEUED_ROWS: '4',
      TESSERA_LIMIT_STORED_BYTES: '5',
      TESSERA_LIMIT_TOKENS_PER_DAY: '6',
      TESSERA_LIMIT_OPEN_BATCHES: '7',
    };
    expect(loadConfig(environment).limits).toEqual({
      requestsPerSecond: 1,
      concurrentRequests: 2,
      queuedJobs: 3,
      queuedRows: 4,
      storedBytes: 5,
      tokensPerDay: 6,
      openBatches: 7,
    });
  });

  it('are never nothing', () => {
    expect(() => loadConfig({ TESSERA_LIMIT_TOKENS_PER_DAY: '0' })).toThrow(/TESSERA_LIMIT_TOKENS_PER_DAY/);
  });
});
