import { expect, it } from 'vitest';
import { type Blow } from './kills.js';
import { runTenantDrill } from './tenant-drill.js';
import { tenantFindingsOf } from './tenant-findings.js';

/** The API first: leases that it leaves behind have the longest time to live. */
const BLOWS: readonly Blow[] = [
  { pauseMs: 0, victims: ['api-1'] },
  { pauseMs: 800, victims: ['dispatcher-1', 'worker'] },
  { pauseMs: 800, victims: ['dispatcher-2'] },
];

it('limits stay right and no event is lost when replicas are killed under the load of several keys', async () => {
  const lines: string[] = [];
  const result = await runTenantDrill({
    seed: 7,
    blows: BLOWS,
    limits: {
      concurrentRequests: 4,
      queuedJobs: 12,
      requestsPerSecond: 8,
      storedBytes: 250_000,
      tokensPerDay: 300,
    },
    calmMs: 1_500,
    settleMs: 60_000,
    log: (line) => lines.push(line),
  });
  expect(tenantFindingsOf(result), lines.join('\n')).toEqual([]);
  // Otherwise nothing was pushed against.
  const { concurrency, rate, tokens, samples, latencies } = result;
  expect(concurrency).toMatchObject({ mostOpen: 4 });
  expect(samples).toMatchObject({ mostLeases: 4, mostQueued: 12 });
  const counts = {
    requestsAtATime: concurrency.refusedCount,
    requestsASecond: rate.refusedCount,
    tokens: tokens.refusedCount,
    queuedJobs: result.queuedRefusedCount,
    storedBytes: result.storedRefusedCount,
    pried: result.pried,
    revoked: result.revoked.length,
    toldAlone: latencies.alone.count,
    toldBeside: latencies.beside.count,
    toldStruck: latencies.struck.count,
  };
  expect(Object.entries(counts).filter(([, count]) => count === 0)).toEqual([]);
}, 180_000);
