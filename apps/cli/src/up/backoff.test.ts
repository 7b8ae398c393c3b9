import { expect, it } from 'vitest';
import { Backoff, RESTART_BACKOFF } from './backoff.js';

it('doubles the wait from 250 ms up to 10 s', () => {
  const backoff = new Backoff(RESTART_BACKOFF);
  const waits = Array.from({ length: 8 }, () => backoff.delayAfter(0));
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
});

it('begins anew after a process that lived a minute', () => {
  const backoff = new Backoff(RESTART_BACKOFF);
  const lives = [0, 59_999, 60_000, 0];
  expect(lives.map((livedMs) => backoff.delayAfter(livedMs))).toEqual([250, 500, 250, 500]);
});
