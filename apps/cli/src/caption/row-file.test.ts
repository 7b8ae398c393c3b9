import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CAPTION_ROW_COLUMNS, type CaptionRow } from '@tessera/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RowFile } from './row-file.js';
import { formatRow } from './row-text.js';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-cli-'));
  path = join(folder, 'rows.jsonl');
});
afterEach(() => rm(folder, { recursive: true }));

const row = (key: string): CaptionRow => ({
  // Not in the order of the columns: the writer's business.
  caption: `caption of ${key} · 图片`,
  key,
  path: `/pictures/${key}`,
  prompt: 'q',
  status: 'completed',
  error_code: null,
  error_message: null,
  sha256: '00',
  width: 1,
  height: 1,
  tiles: 1,
  finish_reason: 'stop',
  prompt_tokens: 1,
  completion_tokens: 1,
  model: 'm',
  model_revision: 'r',
  timings: { total_ms: 1 },
  created_at: '2026-01-01T00:00:00.000Z',
});

async function open(overwrite = false): Promise<{ rows: RowFile; keys: string[] }> {
  const keys: string[] = [];
  const rows = await RowFile.open(path, { overwrite, onRow: ({ key }) => void keys.push(key) });
  return { rows, keys };
}

const text = () => readFile(path, 'utf8');

describe('RowFile', () => {
  it('writes rows of concurrent writers whole, one a line, columns in their order', async () => {
    const { rows } = await open();
    const names = Array.from({ length: 50 }, (_, index) => `${index}.png`);
    await Promise.all(names.map((name) => rows.append(row(name))));
    await rows.close();
    const lines = (await text()).trimEnd().split('\n');
    const parsed = lines.map((line) => JSON.parse(line) as CaptionRow);
    expect(parsed.map(({ key }) => key)).toEqual(names);
    for (const each of parsed) expect(Object.keys(each)).toEqual([...CAPTION_ROW_COLUMNS]);
  });

  it('removes a line that was cut off at any byte, and adds after what is whole', async () => {
    const last = Buffer.from(formatRow(row('b')));
    for (let length = 1; length < last.length - 1; length += 1) {
      await writeFile(path, Buffer.concat([Buffer.from(formatRow(row('a'))), last.subarray(0, length)]));
      const { rows, keys } = await open();
      expect(keys).toEqual(['a']);
      await rows.append(row('c'));
      await rows.close();
      expect(await text()).toBe(formatRow(row('a')) + formatRow(row('c')));
    }
  });

  it('keeps a last row that only lacks its newline', async () => {
    await writeFile(path, formatRow(row('a')).trimEnd());
    const { rows, keys } = await open();
    await rows.append(row('b'));
    await rows.close();
    expect(keys).toEqual(['a']);
    expect(await text()).toBe(formatRow(row('a')) + formatRow(row('b')));
  });

  it.each([
    ['text', 'my diary'],
    ['a row of something else', '{"key":"x"}\n'],
    ['something else without a newline', '{"key":"x"}'],
    ['JSON over several lines', '{\n"key": 1\n}\n'],
    ['a damaged row before the last', `{"key":"a","pa\n${formatRow(row('b'))}`],
  ])('refuses to touch %s', async (_, content) => {
    await writeFile(path, content);
    await expect(open()).rejects.toThrow(/line 1 is no result row/);
    expect(await text()).toBe(content);
  });

  it('names the line that is no row', async () => {
    await writeFile(path, `${formatRow(row('a'))}{}\n`);
    await expect(open()).rejects.toThrow(/rows\.jsonl line 2 .*key/);
  });

  it('deletes what is there when it is to be overwritten, whatever it is', async () => {
    await writeFile(path, 'my diary');
    const { rows, keys } = await open(true);
    await rows.append(row('a'));
    await rows.close();
    expect(keys).toEqual([]);
    expect(await text()).toBe(formatRow(row('a')));
  });

  it('reads rows longer than one chunk of the file', async () => {
    const long = { ...row('a'), caption: 'ü'.repeat(200_000) };
    await writeFile(path, formatRow(long));
    await appendFile(path, formatRow(row('b')));
    const { rows, keys } = await open();
    await rows.close();
    expect(keys).toEqual(['a', 'b']);
  });

  it('refuses what is no regular file', async () => {
    path = '/dev/null';
    await expect(open()).rejects.toThrow('not a regular file');
  });
});
