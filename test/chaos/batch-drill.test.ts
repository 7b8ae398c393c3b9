import { expect, it } from 'vitest';
import { runBatchDrill } from './batch-drill.js';
import { batchFindingsOf } from './batch-findings.js';
import { type Strike, type Victim } from './strikes.js';

const ROWS = 400;
/** The dispatcher first: until the next one may act, the others are killed over the chunks that are out. */
const VICTIMS: readonly Victim[] = ['dispatcher', 'worker', 'api', 'redis'];

it('every row of a batch gets its one line when every process is killed and the object store goes away', async () => {
  const lines: string[] = [];
  const strikes = VICTIMS.map((victim): Strike => ({
    pauseMs: 300,
    victims: [victim],
    redisAbsenceMs: 500,
    drained: undefined,
  }));
  const result = await runBatchDrill({
    rows: ROWS,
    strikes,
    storeOutageMs: 4_000,
    settleMs: 90_000,
    log: (line) => lines.push(line),
  });
  expect(batchFindingsOf(result), lines.join('\n')).toEqual([]);
  const { audit, kills, doneAtLastStrike, takenUpCount } = result;
  expect(audit.outputLineCount + audit.errorLineCount).toBe(ROWS);
  expect(audit.errorLineCount).toBeGreaterThan(0);
  // Otherwise the blows met nothing.
  expect(doneAtLastStrike).toBeLessThan(ROWS);
  expect(takenUpCount).toBeGreaterThan(0);
  expect(Object.values(kills).every((count) => count > 0)).toBe(true);
}, 300_000);
