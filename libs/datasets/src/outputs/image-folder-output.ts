import type { ObjectStore } from '@tessera/storage';
import type { DatasetOutput, OutputShard, ShardState } from '../output.js';
import type { DatasetRow } from '../row.js';
import { OutputForeignError } from './errors.js';
import { jsonlText } from './formats/jsonl-text.js';
import { textFormat } from './formats/text-format.js';
import { carriedColumn, carriedValues, rowColumns, type RowShape } from './rows/row-columns.js';
import { ShardFolder } from './shards/shard-folder.js';
import { WholeIndexFile } from './shards/whole-index.js';
import { STATE_PREFIX } from './state-prefix.js';

export interface ImageFolderPlace {
  readonly uri: string;
  /** The folder of the images: keys of rows are names in it. */
  readonly store: ObjectStore;
}

const FORM = 'imagefolder';
const METADATA_FILE = 'metadata.jsonl';
/** Columns that say what these two do. */
const REPLACED_COLUMNS: readonly string[] = ['key', 'path', 'caption'];
/** Rows that become text at once. */
const ROWS_A_CHUNK = 500;

/**
 * The `metadata.jsonl` of a folder of images: a line for every caption, none for rows without, since a reader wants the
 * image and the text of every line. All rows lie in a hidden folder until then and after.
 */
export class ImageFolderOutput implements DatasetOutput {
  readonly uri: string;
  private readonly store: ObjectStore;
  private readonly records: ShardFolder;
  private readonly index: WholeIndexFile;

  private constructor(
    { uri, store }: ImageFolderPlace,
    private readonly shape: RowShape,
  ) {
    this.uri = uri;
    this.store = store;
    const place = { uri, store, prefix: `${STATE_PREFIX}${FORM}/`, form: FORM };
    this.records = new ShardFolder(place, textFormat(jsonlText(shape), { gzip: false }));
    this.index = new WholeIndexFile(store, `${STATE_PREFIX}${METADATA_FILE}.json`, uri);
  }

  /** @throws {OutputForeignError} when another program's `metadata.jsonl` is there, unless it is to be overwritten */
  static async open(
    place: ImageFolderPlace,
    { shape, overwrite }: { shape: RowShape; overwrite: boolean },
  ): Promise<ImageFolderOutput> {
    const output = new ImageFolderOutput(place, shape);
    if (overwrite) {
      await output.index.delete();
      await output.records.clear();
    } else await output.checkMetadata();
    return output;
  }

  shards(): Promise<readonly ShardState[]> {
    return this.records.shards();
  }

  readShard(name: string): AsyncIterable<DatasetRow> {
    return this.records.readShard(name);
  }

  writeShard(shard: OutputShard): Promise<void> {
    return this.records.writeShard(shard);
  }

  async finish(): Promise<void> {
    const shards = await this.shards();
    // What it says of the old file must not be taken for a word about the new one.
    await this.index.delete();
    const { bytes } = await this.store.putStream(METADATA_FILE, this.lines(shards));
    await this.index.write({ form: FORM, bytes, shards: [] });
  }

  private async *lines(shards: readonly ShardState[]): AsyncGenerator<Uint8Array> {
    let lines: string[] = [];
    for (const { name } of shards) {
      for await (const row of this.records.readShard(name)) {
        if (row.caption !== null) lines.push(formatLine(row, this.shape));
        if (lines.length < ROWS_A_CHUNK) continue;
        yield Buffer.from(lines.join(''));
        lines = [];
      }
    }
    if (lines.length > 0) yield Buffer.from(lines.join(''));
  }

  private async checkMetadata(): Promise<void> {
    const [there, ours, shards] = [
      await this.store.stat(METADATA_FILE),
      await this.index.read(),
      await this.shards(),
    ];
    if (there === undefined || there.bytes === ours?.bytes) return;
    // It was put together when the process was killed.
    if (ours === undefined && shards.length > 0) return;
    const reason = `another program has written or changed ${METADATA_FILE}; overwrite it, or name another folder`;
    throw new OutputForeignError(this.uri, reason);
  }
}

function formatLine(row: DatasetRow, shape: RowShape): string {
  const columns = rowColumns(shape).filter((column) => !REPLACED_COLUMNS.includes(column));
  const taken = new Set<string>(['file_name', 'text', ...columns]);
  const line = Object.fromEntries([
    ['file_name', row.key],
    ['text', row.caption],
    ...columns.map((column) => [column, row[column] ?? null] as const),
    ...carriedValues(row, shape).map(([name, value]) => [carriedColumn(name, taken), value] as const),
  ]);
  return `${JSON.stringify(line)}\n`;
}
