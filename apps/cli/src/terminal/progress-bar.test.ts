import { describe, expect, it } from 'vitest';
import { formatProgress, ProgressBar } from './progress-bar.js';
import { type StatusLine } from './status-line.js';

function record() {
  const lines: string[] = [];
  let atMs = 0;
  const status: StatusLine = { update: (text) => lines.push(text), print: () => {}, clear: () => {} };
  return { lines, bar: new ProgressBar(status, () => atMs), wait: (ms: number) => (atMs += ms) };
}

describe('formatProgress', () => {
  it('tells share, bytes, speed, time left and the note', () => {
    const progress = { label: 'downloading', done: 2e9, total: 8e9, note: '3/12 files' };
    expect(formatProgress(progress, 50e6)).toBe(
      'downloading ██████░░░░░░░░░░░░░░░░░░ 25 %, 2.0 GB of 8.0 GB, 50.0 MB/s, 2 min 0 s left, 3/12 files',
    );
  });

  it('tells rows, and how few of them there are a second', () => {
    const progress = {
      label: 'in_progress',
      unit: 'rows',
      done: 1500,
      total: 1e6,
      note: '2 failed',
    } as const;
    expect(formatProgress(progress, 0.5)).toBe(
      'in_progress ░░░░░░░░░░░░░░░░░░░░░░░░ 0 %, 1,500 of 1,000,000 rows, 0.5 rows/s, 23 d 2 h left, 2 failed',
    );
    expect(formatProgress(progress, 0)).toContain('1,000,000 rows, 2 failed');
  });

  it.each([
    ['nothing is known of the speed', { done: 0, total: 10 }, undefined, '0 %, 0 bytes of 10 bytes'],
    ['nothing moves', { done: 5, total: 10 }, 0, '50 %, 5 bytes of 10 bytes'],
    ['all is done', { done: 10, total: 10 }, 5, '100 %, 10 bytes of 10 bytes, 5 bytes/s'],
    ['there is nothing to do', { done: 0, total: 0 }, undefined, '100 %, 0 bytes of 0 bytes'],
    ['it is nearly done', { done: 999, total: 1000 }, undefined, '99 %, 999 bytes of 1.0 kB'],
  ])('leaves out what does not apply when %s', (_, progress, rate, end) => {
    expect(formatProgress({ label: 'x', ...progress }, rate)).toMatch(new RegExp(` ${end}$`));
  });
});

describe('ProgressBar', () => {
  it('draws no more than ten times a second, but never misses the end', () => {
    const { lines, bar, wait } = record();
    for (let done = 1; done <= 1000; done += 1) {
      wait(1);
      bar.update({ label: 'x', done, total: 1000 });
    }
    expect(lines.length).toBeLessThanOrEqual(12);
    expect(lines.at(-1)).toContain('100 %');
  });

  it('measures the speed by what this run has worked for, not by what was there before', () => {
    const { lines, bar, wait } = record();
    bar.update({ label: 'x', done: 5e9, total: 8e9, worked: 0 });
    wait(1000);
    bar.update({ label: 'x', done: 5e9 + 1e6, total: 8e9, worked: 1e6 });
    expect(lines.at(-1)).toContain('1.0 MB/s');
  });

  it('begins a new measurement with a new label', () => {
    const { lines, bar, wait } = record();
    bar.update({ label: 'checking', done: 0, total: 100 });
    wait(1000);
    bar.update({ label: 'checking', done: 90e6, total: 100e6 });
    bar.update({ label: 'downloading', done: 0, total: 100e6 });
    wait(1000);
    bar.update({ label: 'downloading', done: 2e6, total: 100e6 });
    expect(lines.at(-1)).toContain('2.0 MB/s');
  });
});
