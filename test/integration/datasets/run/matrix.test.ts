import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { OUTPUT_FORMS, type OutputForm } from '@tessera/contracts';
import { readPlace, type SourceOptions } from '@tessera/datasets';
import { findRepositoryRoot, temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_BUCKETS } from '../sources/read-source.js';
import { captionRun } from './caption-run.js';
import { InstantAsker } from './instant-asker.js';

const run = promisify(execFile);
const EXAMPLES = join(findRepositoryRoot(), 'models/tessera-tiny/examples');
const PICTURES = ['0000.png', '0001.jpg', '0002.png', '0003.jpg'];

let directory: TemporaryDirectory;
/** The pictures as files. */
let folder: string;
/** Of the pictures, in their order: what the asker says of them. */
let captions: string[];
let database: DuckDBInstance;

beforeAll(async () => {
  directory = await temporaryDirectory('tessera-matrix');
  folder = at('pictures');
  await mkdir(folder);
  const names = (await readdir(EXAMPLES)).filter((name) => /\.(png|jpg)$/.test(name)).sort();
  for (const [index, name] of PICTURES.entries()) {
    await copyFile(join(EXAMPLES, names[index] ?? ''), join(folder, name));
  }
  captions = await Promise.all(PICTURES.map(async (name) => captionOf(await readFile(join(folder, name)))));
  database = await DuckDBInstance.create(':memory:');
  await writeSources();
});
afterAll(async () => {
  database.closeSync();
  await directory.remove();
});

const at = (...names: string[]) => join(directory.path, ...names);
const captionOf = (bytes: Uint8Array) => `a picture, "${hash('sha256', Buffer.from(bytes), 'hex')}"`;

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const connection = await database.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson();
  } finally {
    connection.closeSync();
  }
}

/** The same pictures in every form, with a column `title` where there are columns. */
async function writeSources(): Promise<void> {
  const rows = PICTURES.map((name, index) => ({ path: join('pictures', name), title: `number ${index}` }));
  const lines = (texts: string[]) => texts.map((text) => `${text}\n`).join('');
  await writeFile(at('list.jsonl'), lines(rows.map((row) => JSON.stringify(row))));
  await run('gzip', ['-k', at('list.jsonl')]);
  await writeFile(
    at('list.csv'),
    lines(['path,title', ...rows.map(({ path, title }) => `${path},${title}`)]),
  );
  await writeFile(
    at('list.tsv'),
    lines(['path\ttitle', ...rows.map(({ path, title }) => `${path}\t${title}`)]),
  );
  await writeFile(at('list.txt'), lines(rows.map(({ path }) => path)));
  await query(`copy (select * from '${at('list.jsonl')}') to '${at('list.parquet')}'`);
  const blobs = `select content as image, parse_filename(filename) as title from read_blob('${folder}/*') order by filename`;
  await query(`copy (${blobs}) to '${at('bytes.parquet')}'`);
  for (const [shard, names] of [PICTURES.slice(0, 3), PICTURES.slice(3)].entries()) {
    await run('tar', ['--create', '--file', at(`0000${shard}.tar`), '--directory', folder, '--', ...names]);
  }
  await cp(folder, at('imagefolder'), { recursive: true });
  const metadata = PICTURES.map((name, index) => ({ file_name: name, title: `number ${index}` }));
  await writeFile(at('imagefolder', 'metadata.jsonl'), lines(metadata.map((row) => JSON.stringify(row))));
}

const SOURCES: [string, Partial<SourceOptions>][] = [
  ['pictures', {}],
  ['pictures/*', {}],
  ['imagefolder', {}],
  ['{00000..00001}.tar', {}],
  ['list.jsonl', {}],
  ['list.jsonl.gz', {}],
  ['list.csv', {}],
  ['list.tsv', {}],
  ['list.txt', {}],
  ['list.parquet', {}],
  ['bytes.parquet', { imageColumn: 'image' }],
];

/** Captions in the order of the output, as another program finds them. */
const READERS: Record<OutputForm, (uri: string) => Promise<string[]>> = {
  jsonl: (uri) => captionsInTable(`'${uri}'`),
  'jsonl.gz': (uri) => captionsInTable(`'${uri}'`),
  csv: (uri) => captionsInTable(`read_csv('${uri}')`),
  'csv.gz': (uri) => captionsInTable(`read_csv('${uri}')`),
  parquet: (uri) => captionsInTable(`'${uri}'`),
  sidecar: captionsInTexts,
  webdataset: captionsInTars,
  imagefolder: async (uri) => {
    const rows = await query(`select text from '${join(uri, 'metadata.jsonl')}'`);
    return rows.map(({ text }) => String(text));
  },
};

async function captionsInTable(table: string): Promise<string[]> {
  const rows = await query(`select caption, status from ${table}`);
  expect(new Set(rows.map(({ status }) => status))).toEqual(new Set(['completed']));
  return rows.map(({ caption }) => String(caption));
}

async function captionsInTexts(uri: string): Promise<string[]> {
  const names = (await readdir(uri, { recursive: true })).filter(
    (name) => name.endsWith('.txt') && !name.startsWith('.'),
  );
  return Promise.all(names.sort().map((name) => readFile(join(uri, name), 'utf8')));
}

/** Unpacked by GNU tar: every picture is there with its own caption. */
async function captionsInTars(uri: string): Promise<string[]> {
  const found: string[] = [];
  for (const tar of (await readdir(uri)).filter((name) => name.endsWith('.tar')).sort()) {
    const unpacked = await mkdtemp(at('unpacked-'));
    const { stdout } = await run('tar', [
      '--extract',
      '--verbose',
      '--file',
      join(uri, tar),
      '--directory',
      unpacked,
    ]);
    const members = stdout.trim().split('\n');
    for (const image of members.filter((member) => /\.(png|jpg)$/.test(member))) {
      const text = await readFile(join(unpacked, image.replace(/\.[a-z]+$/, '.txt')), 'utf8');
      expect(captionOf(await readFile(join(unpacked, image)))).toBe(text);
      found.push(text);
    }
  }
  return found;
}

describe.each(SOURCES)('from %s', (uri, sourceOptions) => {
  it.each(OUTPUT_FORMS)('to %s', async (form) => {
    const isFile = !['sidecar', 'webdataset', 'imagefolder'].includes(form);
    const output = await mkdtemp(at('out-'));
    const asker = new InstantAsker({
      read: (place) => {
        if (place.kind === 'url') throw new Error(`${place.url} is no file`);
        return readPlace(place, { buckets: NO_BUCKETS, maxBytes: 1e6 });
      },
      captionOf,
    });
    const { facts, ending } = await captionRun({
      source: at(uri),
      output: isFile ? join(output, `captions.${form}`) : output,
      asker,
      shardRows: 3,
      sourceOptions,
      outputOptions: { carried: ['title'], ...(isFile ? {} : { form }) },
    });
    expect({ ending, captioned: facts.captioned, failed: facts.failed, total: facts.total }).toEqual({
      ending: 'finished',
      captioned: 4,
      failed: 0,
      total: 4,
    });
    expect(await READERS[form](isFile ? join(output, `captions.${form}`) : output)).toEqual(captions);
  });
});
