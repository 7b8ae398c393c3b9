import { join } from 'node:path';
import { type OutputForm } from '@tessera/contracts';
import { type DatasetRow, openOutput } from '@tessera/datasets';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anyRow, CARRIED, readRows, shardOf } from './output-rows.js';

/** What a table keeps of columns that are carried through: text, and nothing where there was nothing. */
function asInTable(row: DatasetRow): DatasetRow {
  const cells = CARRIED.map((name) => {
    const value = row.carried[name] ?? null;
    return [name, value === null || typeof value === 'string' ? value : JSON.stringify(value)];
  });
  return { ...row, carried: Object.fromEntries(cells) as DatasetRow['carried'] };
}

const asItIs = (row: DatasetRow) => row;
const FORMS: [OutputForm, (row: DatasetRow) => DatasetRow][] = [
  ['jsonl', asItIs],
  ['jsonl.gz', asItIs],
  ['csv', asInTable],
  ['csv.gz', asInTable],
  ['parquet', asInTable],
  ['webdataset', asItIs],
  ['imagefolder', asItIs],
];

describe('rows', () => {
  let directory: TemporaryDirectory;
  beforeAll(async () => {
    directory = await temporaryDirectory('tessera-outputs');
  });
  afterAll(() => directory.remove());

  it.each(FORMS)('come back from %s as they were written', async (form, kept) => {
    const output = await openOutput(join(directory.path, form), {
      form,
      severalPrompts: true,
      carried: CARRIED,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { maxLength: 20 }), async (rows) => {
        await output.writeShard(shardOf('00000', rows));
        expect(await readRows(output, '00000')).toEqual(rows.map(kept));
      }),
      { numRuns: 8 },
    );
  });

  it.each(['jsonl', 'jsonl.gz', 'csv', 'csv.gz', 'parquet'])(
    'come back from one file in %s, shard by shard',
    async (ending) => {
      const kept = FORMS.find(([form]) => form === ending)?.[1] ?? asItIs;
      const uri = join(directory.path, `whole.${ending}`);
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(anyRow, { maxLength: 8 }), { maxLength: 4 }), async (shards) => {
          const options = { severalPrompts: true, carried: CARRIED };
          const output = await openOutput(uri, { ...options, overwrite: true });
          for (const [index, rows] of shards.entries()) await output.writeShard(shardOf(`${index}`, rows));
          await output.finish();
          const again = await openOutput(uri, options);
          expect((await again.shards()).map(({ rows }) => rows)).toEqual(shards.map(({ length }) => length));
          for (const [index, rows] of shards.entries()) {
            expect(await readRows(again, `${index}`)).toEqual(rows.map(kept));
          }
        }),
        { numRuns: 3 },
      );
    },
  );
});
