import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CaptionRow } from '@tessera/contracts';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLES, runCli } from './run-cli.js';
import { startSystem, type System } from './service/system.js';

const QUESTION = 'Describe the image in detail.';

let home: TemporaryDirectory;
let system: System;

beforeAll(async () => {
  home = await temporaryDirectory();
  system = await startSystem();
});
afterAll(async () => {
  await system.stop();
  await home.remove();
});

const run = (...words: string[]) =>
  runCli(words, { environment: { TESSERA_DATA_DIR: system.dataDirectory, TESSERA_THREADS: '2' } });

async function captionRows(folder: string, ...more: string[]): Promise<CaptionRow[]> {
  const output = join(home.path, `rows-${more.length}.jsonl`);
  const words = ['caption', folder, '-q', QUESTION, '-o', output, '--no-cache', ...more];
  const { exitCode, stderr } = await run(...words);
  expect(exitCode, stderr).toBe(0);
  const lines = (await readFile(output, 'utf8')).trimEnd().split('\n');
  return lines
    .map((line) => JSON.parse(line) as CaptionRow)
    .sort((left, right) => (left.key < right.key ? -1 : 1));
}

describe('the command line against the running system', () => {
  it('streams and prints the answer of the reference', async () => {
    const words = ['ask', join(EXAMPLES, '0016.png'), '-q', '描述这张图片', '--url', system.url];
    const streamed = await run(...words);
    expect(streamed).toMatchObject({ exitCode: 0, stdout: '青色背景上有黑色的数字30。\n', stderr: '' });
    const whole = JSON.parse((await run(...words, '--json')).stdout) as Record<string, unknown>;
    expect(whole).toMatchObject({ text: '青色背景上有黑色的数字30。', finish_reason: 'stop' });
    expect(whole).not.toHaveProperty('token_ids');
  });

  it('passes on what the service refuses', async () => {
    const fake = join(home.path, 'text.jpg');
    await writeFile(fake, 'hello');
    const refused = await run('ask', fake, '-q', 'x', '--url', system.url);
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
    expect(refused.stderr).toContain('image_unreadable');
    const other = await run('ask', fake, '-q', 'x', '--url', system.url, '--model', 'no-such-model');
    expect(other.stderr).toContain('model_not_found');
  });

  it('captions a folder as in its own process', async () => {
    const folder = join(home.path, 'pictures');
    await mkdir(folder);
    for (const name of ['0000.png', '0001.jpg', '0009.jpg', '0025.jpg']) {
      await copyFile(join(EXAMPLES, name), join(folder, name));
    }
    await writeFile(join(folder, 'text.jpg'), 'hello');
    const there = await captionRows(folder, '--url', system.url);
    const here = await captionRows(folder);
    // Size and message of a refused image are in each one's own words, and times are of the day.
    const comparable = (rows: readonly CaptionRow[]) =>
      rows.map(({ created_at: _at, timings, error_message: _message, ...row }) => ({
        ...row,
        timings: timings === null ? null : Object.keys(timings).sort(),
      }));
    expect(comparable(there)).toEqual(comparable(here));
    expect(there.map(({ status }) => status)).toEqual([...Array<string>(4).fill('completed'), 'failed']);
  });
});
