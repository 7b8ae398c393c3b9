import type { OutputShard } from '../../output.js';
import type { DatasetRow } from '../../row.js';
import { memberName, promptSuffix } from '../member-names.js';
import type { RowShape } from '../rows/row-columns.js';
import { formatJsonRow, parseJsonRow } from './jsonl-text.js';
import type { RowFormat, StoredFile } from './row-format.js';
import { encodeMember, readMembers, TAR_END } from './tar-members.js';

/** Images that are read ahead of the one that is written. */
const READ_AHEAD = 8;
interface Sample {
  /** What its members are called, up to the first dot. */
  readonly name: string;
  readonly rows: readonly [DatasetRow, ...DatasetRow[]];
}

type Image = Awaited<ReturnType<OutputShard['readImage']>>;

/**
 * WebDataset: an image, its caption as `.txt` and its row as `.json`, one after the other; further prompts are `.2.txt`
 * and `.2.json`. A row without a caption has an empty `.txt`, since readers want the same members in every sample.
 */
export function tarFormat(shape: RowShape): RowFormat {
  return { extension: 'tar', encode: (shard) => encode(shard, shape), read: readRows };
}

async function* encode(shard: OutputShard, shape: RowShape): AsyncGenerator<Uint8Array> {
  const samples = samplesOf(shard.rows);
  const images = readAhead(samples, ({ rows }) => shard.readImage(rows[0]));
  const names = samples.values();
  for await (const image of images) {
    const { value } = names.next() as IteratorYieldResult<Sample>;
    yield* encodeSample(value, image, shape);
  }
  yield TAR_END;
}

function* encodeSample({ name, rows }: Sample, image: Image, shape: RowShape): Generator<Uint8Array> {
  if (image !== undefined) yield* encodeMember(`${name}.${extensionOf(image)}`, image.bytes);
  for (const row of rows) {
    const member = `${name}${promptSuffix(row.prompt_index)}`;
    yield* encodeMember(`${member}.txt`, Buffer.from(row.caption ?? ''));
    yield* encodeMember(`${member}.json`, Buffer.from(formatJsonRow(row, shape)));
  }
}

/** Rows of one image belong together. */
function samplesOf(rows: readonly DatasetRow[]): Sample[] {
  const samples: { name: string; rows: [DatasetRow, ...DatasetRow[]] }[] = [];
  const names = new Set<string>();
  for (const row of rows) {
    const last = samples.at(-1);
    if (last?.rows[0].key === row.key) last.rows.push(row);
    else samples.push({ name: uniqueName(row.key, names), rows: [row] });
  }
  return samples;
}

/** Nothing after a dot belongs to the name of a sample. */
function uniqueName(key: string, names: Set<string>): string {
  const { folder, stem } = memberName(key);
  const base = `${folder}${stem.replaceAll('.', '_')}`;
  let name = base;
  for (let number = 2; names.has(name); number += 1) name = `${base}-${number}`;
  names.add(name);
  return name;
}

function extensionOf({ extension }: NonNullable<Image>): string {
  return extension.replace(/^\./, '').toLowerCase();
}

/** Does `read` for every item, a few items ahead of whoever takes what it gives, in order. */
async function* readAhead<Item, Result>(
  items: readonly Item[],
  read: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const started: Promise<Result>[] = [];
  for (const item of items) {
    const result = read(item);
    // It is reported when its turn comes.
    result.catch(() => undefined);
    started.push(result);
    if (started.length > READ_AHEAD) yield (await started.shift()) as Result;
  }
  for (const result of started) yield await result;
}

async function* readRows({ store, key }: StoredFile): AsyncGenerator<DatasetRow> {
  const { bytes, body } = await store.open(key);
  // A tar of nothing is none to the parser.
  if (bytes === TAR_END.length) return void body.destroy();
  const members = readMembers(body, (name) => name.endsWith('.json'));
  for await (const json of members) yield parseJsonRow(json.toString('utf8'), key);
}
