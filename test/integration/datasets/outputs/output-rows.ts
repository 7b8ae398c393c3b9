import { type DatasetOutput, type DatasetRow } from '@tessera/datasets';
import fc from 'fast-check';

/** A row that says something in every column. */
export function captioned(key: string, fields: Partial<DatasetRow> = {}): DatasetRow {
  return {
    key,
    path: `/pictures/${key}`,
    prompt: 'What is this?',
    caption: `a picture, "${key}"`,
    status: 'completed',
    error_code: null,
    error_message: null,
    sha256: 'ab'.repeat(32),
    width: 640,
    height: 480,
    tiles: 3,
    finish_reason: 'stop',
    prompt_tokens: 800,
    completion_tokens: 12,
    model: 'tessera-tiny',
    model_revision: '0123abc',
    timings: { total_ms: 12.5 },
    created_at: '2026-01-02T03:04:05.678Z',
    carried: {},
    ...fields,
  };
}

export function failed(key: string, fields: Partial<DatasetRow> = {}): DatasetRow {
  return captioned(key, {
    caption: null,
    status: 'failed',
    error_code: 'image_unreadable',
    error_message: 'the bytes are no image',
    sha256: null,
    width: null,
    height: null,
    tiles: null,
    finish_reason: null,
    prompt_tokens: null,
    completion_tokens: null,
    timings: null,
    ...fields,
  });
}

/** Text with every sign that a form could trip over. */
const text = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    fc.constantFrom(...',"\'\n\r\t\u2028;\\=\u0007é🙂'),
  ),
});
const count = fc.option(fc.nat());

/** Columns that are carried through, for forms that keep values as they are. */
export const CARRIED = ['url', 'caption', 'similarity', 'source_caption', 'nested'];

const carried = fc.record(
  {
    url: text,
    caption: text,
    similarity: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value || 0)),
    source_caption: fc.boolean(),
    nested: fc
      .jsonValue({ noUnicodeString: false, depthSize: 'small' })
      .map((value) => JSON.parse(JSON.stringify(value)) as null),
  },
  { requiredKeys: [] },
);

export const anyRow: fc.Arbitrary<DatasetRow> = fc.record({
  key: text,
  path: text,
  prompt: text,
  prompt_index: fc.nat(3),
  caption: fc.option(text),
  status: fc.constantFrom('completed', 'failed', 'skipped_existing', 'skipped_duplicate'),
  error_code: fc.constantFrom(null, 'image_unreadable'),
  error_message: fc.option(text),
  sha256: fc.option(text),
  width: count,
  height: count,
  tiles: count,
  finish_reason: fc.constantFrom(null, 'stop', 'length'),
  prompt_tokens: count,
  completion_tokens: count,
  model: text,
  model_revision: text,
  timings: fc.option(
    fc.dictionary(
      fc.constantFrom('total_ms', 'decode_ms', 'fetch_ms'),
      fc.nat().map((value) => value / 8),
      { noNullPrototype: true },
    ),
  ),
  created_at: fc
    .date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  carried,
});

export async function readRows(output: DatasetOutput, shard: string): Promise<DatasetRow[]> {
  const rows: DatasetRow[] = [];
  for await (const row of output.readShard(shard)) rows.push(row);
  return rows;
}

/** A shard without images. */
export function shardOf(name: string, rows: readonly DatasetRow[]) {
  return { name, rows, readImage: async () => undefined };
}
