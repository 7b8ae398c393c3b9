import { readFile } from 'node:fs/promises';
import { type DatasetRow } from '@tessera/datasets';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type KilledRunsOptions, runAndKill } from './killed-runs.js';

const ROWS = 1500;

let directory: TemporaryDirectory;
beforeEach(async () => {
  directory = await temporaryDirectory('tessera-killed');
});
afterEach(() => directory.remove());

describe('a run that is killed three times', () => {
  it.each<[string, Partial<KilledRunsOptions>]>([
    ['by its journal alone', { usesCache: false, distinctImages: ROWS }],
    ['with the cache, where images come again', { usesCache: true, distinctImages: 1250 }],
  ])('writes what an undisturbed run does, and asks again about few, %s', async (_, more) => {
    const result = await runAndKill({
      folder: directory.path,
      rows: ROWS,
      distinctImages: ROWS,
      shardRows: 200,
      concurrency: 8,
      form: 'jsonl',
      killsAt: [350, 50, 400],
      usesCache: false,
      ...more,
    });
    const text = await readFile(result.output, 'utf8');
    expect(text === (await readFile(result.undisturbedOutput, 'utf8'))).toBe(true);
    const rows = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as DatasetRow);
    const { distinctImages = ROWS } = more;
    expect(rows).toHaveLength(ROWS);
    for (const [number, { caption, status }] of rows.entries()) {
      expect(caption).toBe(`What is it? picture-${number % distinctImages}.png`);
      expect(status).toBe(number < distinctImages ? 'completed' : 'skipped_duplicate');
    }
    expect(result.asked - result.askedAgain).toBe(distinctImages);
    expect(result.askedAgain).toBeLessThanOrEqual(result.mostAskedAgain);
    expect(result.undisturbed.facts.captioned).toBe(distinctImages);
  });
});
