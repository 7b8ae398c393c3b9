import { describe, expect, it } from 'vitest';
import { RateWindow } from '../terminal/rate-window.js';
import { formatProgress, formatSummary, newTally } from './tally.js';

describe('formatProgress', () => {
  it('shows share, count, speed, time left and failures', () => {
    const tally = { ...newTally(), captioned: 1000, failed: 50, skipped: 150, total: 4800 };
    expect(formatProgress(tally, 40)).toBe(
      '[######------------------] 1,200/4,800, 40.0 images/s, 1 min 30 s left, 50 failed',
    );
  });

  it('promises nothing while the images are not counted or none has finished', () => {
    expect(formatProgress({ ...newTally(), captioned: 5 }, 2)).toBe(
      `[${'-'.repeat(24)}] 5/?, 2.0 images/s, 0 failed`,
    );
    expect(formatProgress({ ...newTally(), total: 5 }, undefined)).toBe(
      `[${'-'.repeat(24)}] 0/5, 0.0 images/s, 0 failed`,
    );
  });

  it('stays within its bar when images appear during the run', () => {
    expect(formatProgress({ ...newTally(), captioned: 6, total: 5 }, 1)).toContain(
      `[${'#'.repeat(24)}] 6/5, 1.0 images/s, 0 s left`,
    );
  });
});

describe('formatSummary', () => {
  it('tells counts, speed and place', () => {
    const tally = { ...newTally(), captioned: 90, failed: 10, skipped: 5, unreadableFolders: 1 };
    const run = { elapsedSeconds: 20, place: 'this process', output: '/o.jsonl', interrupted: false };
    expect(formatSummary(tally, run)).toBe(
      '90 captioned, 10 failed, 5 skipped, 1 folders could not be read; 5.0 images/s in 20 s by this process\n/o.jsonl',
    );
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
