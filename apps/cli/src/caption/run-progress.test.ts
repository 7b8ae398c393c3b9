import { newRunFacts } from '@tessera/datasets';
import { describe, expect, it } from 'vitest';
import { RateWindow } from '../terminal/rate-window.js';
import { formatProgress, formatSummary, RunSpeed } from './run-progress.js';

const STILL = { rows: undefined, tiles: undefined, tokens: undefined };
const EMPTY_BAR = `[${'-'.repeat(24)}]`;

describe('formatProgress', () => {
  it('shows share, count, speeds, time left and failures by code', () => {
    const facts = {
      ...newRunFacts(),
      captioned: 900,
      cached: 60,
      duplicates: 40,
      failed: 50,
      earlier: 150,
      tiles: 5000,
      tokens: 9000,
      total: 4800,
    };
    facts.failuresByCode.set('image_unreadable', 20).set('image_not_found', 30);
    expect(formatProgress(facts, { rows: 40, tiles: 200.4, tokens: 360 })).toBe(
      '[######------------------] 1,200/4,800 rows, 40.0 rows/s, 200 tiles/s, 360 tokens/s, 1 min 30 s left, ' +
        '50 failed (30 image_not_found, 20 image_unreadable)',
    );
  });

  it('promises nothing while the rows are not counted or none has finished', () => {
    expect(formatProgress({ ...newRunFacts(), captioned: 5 }, { ...STILL, rows: 2 })).toBe(
      `${EMPTY_BAR} 5/? rows, 2.0 rows/s, 0 failed`,
    );
    expect(formatProgress({ ...newRunFacts(), total: 5 }, STILL)).toBe(
      `${EMPTY_BAR} 0/5 rows, 0.0 rows/s, 0 failed`,
    );
  });

  it('stays within its bar when images appear during the run', () => {
    expect(formatProgress({ ...newRunFacts(), captioned: 6, total: 5 }, { ...STILL, rows: 1 })).toContain(
      `[${'#'.repeat(24)}] 6/5 rows, 1.0 rows/s, 0 s left`,
    );
  });
});

describe('formatSummary', () => {
  const run = { elapsedSeconds: 20, place: 'this process', output: '/o.jsonl', interrupted: false };

  it('tells counts, speed and place', () => {
    const facts = { ...newRunFacts(), captioned: 90, failed: 10, earlier: 3, existing: 2, unreadable: 1 };
    facts.failuresByCode.set('image_unreadable', 10);
    expect(formatSummary(facts, run)).toBe(
      '90 captioned, 10 failed (10 image_unreadable), 5 skipped, 1 folders could not be read; ' +
        '5.0 rows/s in 20 s by this process\n/o.jsonl',
    );
  });

  it('tells what nobody was asked for, what was replaced, and that there is more to do', () => {
    const facts = { ...newRunFacts(), cached: 1500, duplicates: 2, madeOtherwise: 1200 };
    expect(formatSummary(facts, { ...run, interrupted: true })).toBe(
      '0 captioned, 0 failed, 0 skipped, 1,500 from the cache, 2 duplicates; 75.1 rows/s in 20 s by this process\n' +
        '/o.jsonl\nreplaced: 1,200 rows made with another model or other options\n' +
        'stopped early: the same command goes on from here',
    );
  });
});

describe('RunSpeed', () => {
  it('counts rows that the run has worked for, and no others', () => {
    const speed = new RunSpeed(0);
    const facts = { ...newRunFacts(), earlier: 1000, captioned: 10, cached: 10, tiles: 40, tokens: 100 };
    expect(speed.sample(facts, 10_000)).toEqual({ rows: 2, tiles: 4, tokens: 10 });
  });
});

describe('RateWindow', () => {
  it('measures the last half minute only', () => {
    const window = new RateWindow(0);
    for (let second = 1; second <= 60; second += 1) window.sample(second * 10, second * 1000);
    let rate: number | undefined;
    for (let second = 61; second <= 90; second += 1) rate = window.sample(600 + second - 60, second * 1000);
    expect(rate).toBeCloseTo(1);
  });

  it('knows no speed before time has passed', () => {
    expect(new RateWindow(5).sample(0, 5)).toBeUndefined();
  });
});
