import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { TesseraError } from '@tessera/contracts';
import { temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSource } from './read-source.js';

const run = promisify(execFile);

let directory: TemporaryDirectory;
beforeAll(async () => {
  directory = await temporaryDirectory('tessera-damage');
});
afterAll(() => directory.remove());

const at = (name: string) => join(directory.path, name);
const rows = Array.from({ length: 60 }, (_, row) => row);

/** Whole files of every form, as other tools write them. */
const MAKERS: Record<string, () => Promise<Uint8Array>> = {
  'x.jsonl': async () =>
    Buffer.from(rows.map((row) => JSON.stringify({ image: `${row}.jpg`, text: 'ä', n: [row] })).join('\n')),
  'x.csv': async () =>
    Buffer.from(`image,text\n${rows.map((row) => `${row}.jpg,"a ""b"",\nc"`).join('\r\n')}`),
  'x.tsv': async () => Buffer.from(`image\ttext\n${rows.map((row) => `${row}.jpg\tab c`).join('\n')}`),
  'x.txt': async () => Buffer.from(rows.map((row) => `https://example.com/${row}.jpg`).join('\n')),
  'x.csv.gz': async () => {
    await writeFile(at('y.csv'), `image,n\n${rows.map((row) => `${row}.jpg,${row * 7919}`).join('\n')}`);
    await run('gzip', ['--force', at('y.csv')]);
    return readFile(at('y.csv.gz'));
  },
  'x.tar': async () => {
    const names = rows
      .slice(0, 5)
      .flatMap((row) => [`${'n'.repeat(row * 40)}${row}.jpg`, `${'n'.repeat(row * 40)}${row}.json`]);
    for (const name of names) await writeFile(at(name), '{"a":1}');
    await run('tar', [
      '--create',
      '--format=pax',
      '--file',
      at('y.tar'),
      '--directory',
      directory.path,
      ...names,
    ]);
    return readFile(at('y.tar'));
  },
  'x.parquet': () => readFile(new URL('parquet/types.parquet', import.meta.url)),
};

/** What happens to files: bytes change, and ends get lost. */
const damages = fc.array(
  fc.record({ at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), byte: fc.nat(255) }),
  {
    minLength: 1,
    maxLength: 8,
  },
);
const ends = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: 1 });

describe.each(Object.keys(MAKERS))('a damaged %s', (name) => {
  it('is read the same twice, or refused with an error that has a code', async () => {
    const whole = await (MAKERS[name] ?? expect.fail())();
    await fc.assert(
      fc.asyncProperty(damages, ends, async (changes, end) => {
        const bytes = Buffer.from(whole);
        for (const change of changes) bytes[Math.floor(change.at * bytes.length)] = change.byte;
        await writeFile(at(name), bytes.subarray(0, Math.ceil(end * bytes.length)));
        const failure = await readSource(at(name)).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (failure !== undefined) expect(failure).toBeInstanceOf(TesseraError);
      }),
      { numRuns: 60 },
    );
  });
});
