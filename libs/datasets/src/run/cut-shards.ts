import type { DatasetSource, ReadOptions, SourceRecord } from '../source.js';
import { RecordSelector, type Selection } from './select-records.js';

/** Records that make one shard of the output. Must be read to their end before the next shard. */
export interface CutShard {
  readonly name: string;
  readonly records: AsyncIterable<SourceRecord>;
}

export interface Cutting {
  readonly selection: Selection;
  /** Records of a shard, where the source has no shards of its own. */
  readonly shardRecords: number;
  /** Whether shards are called as those of the source are, where it has such. */
  readonly keepNames: boolean;
  readonly reading: ReadOptions;
}

const NUMBER_DIGITS = 5;
const MAX_NAME_LENGTH = 150;

/** Cuts a source into shards: its own ones, or by the positions of records. The same at every reading. */
export async function* cutShards(source: DatasetSource, cutting: Cutting): AsyncGenerator<CutShard> {
  const selector = new RecordSelector(cutting.selection);
  yield* source.shards === undefined
    ? cutByPosition(selector.select(source.records(cutting.reading)), cutting.shardRecords)
    : cutBySource(source, selector, cutting);
}

async function* cutByPosition(
  records: AsyncGenerator<SourceRecord>,
  shardRecords: number,
): AsyncGenerator<CutShard> {
  let next = await records.next();
  async function* one(): AsyncGenerator<SourceRecord> {
    for (let count = 0; count < shardRecords && next.done !== true; count += 1) {
      yield next.value;
      next = await records.next();
    }
  }
  try {
    for (let number = 0; next.done !== true; number += 1) yield { name: numberName(number), records: one() };
  } finally {
    // Where the run ends early, so does the reading.
    await records.return(undefined);
  }
}

async function* cutBySource(
  source: DatasetSource,
  selector: RecordSelector,
  { keepNames, reading }: Cutting,
): AsyncGenerator<CutShard> {
  const names = new Set<string>();
  let number = 0;
  for await (const shard of source.shards?.(reading) ?? []) {
    const name = keepNames ? uniqueName(shard.name, names) : numberName(number);
    yield { name, records: selector.select(shard.records) };
    number += 1;
    if (selector.isThrough) return;
  }
}

function numberName(number: number): string {
  return String(number).padStart(NUMBER_DIGITS, '0');
}

/** The name in the source, as far as files and folders of every system can be called so. */
function uniqueName(wanted: string, names: Set<string>): string {
  const plain = wanted
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^[^A-Za-z0-9]+/, '')
    .replace(/_stats$/, '')
    .slice(0, MAX_NAME_LENGTH);
  const base = plain === '' ? 'shard' : plain;
  let name = base;
  for (let number = 2; names.has(name); number += 1) name = `${base}-${number}`;
  names.add(name);
  return name;
}
