import { expect, it } from 'vitest';
import { runDrill } from './drill.js';
import { findingsOf } from './findings.js';

const STRIKES = 8;

it('nothing is lost, doubled or wrong when every process is killed again and again under load', async () => {
  const lines: string[] = [];
  const result = await runDrill({
    seed: 7,
    strikes: STRIKES,
    redisOutageMs: 4_000,
    fullDiskMs: 4_000,
    settleMs: 90_000,
    log: (line) => lines.push(line),
  });
  expect(findingsOf(result), lines.join('\n')).toEqual([]);
  const { audit, kills } = result;
  const { completed = 0, cancelled = 0 } = audit.countByStatus;
  expect(completed + cancelled).toBe(audit.acceptedCount);
  expect(completed).toBeGreaterThan(0);
  // Otherwise the blows met nothing.
  expect(audit.attemptedAgainCount).toBeGreaterThan(0);
  expect(Object.values(kills).every((count) => count > 0)).toBe(true);
}, 240_000);
