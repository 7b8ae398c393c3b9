import type { ObjectStore } from '@tessera/storage';
import type { DatasetOutput, OutputShard, ShardState } from '../../output.js';
import type { DatasetRow } from '../../row.js';
import { jsonlText } from '../formats/jsonl-text.js';
import { textFormat } from '../formats/text-format.js';
import type { SidecarOptions } from '../output-options.js';
import type { RowShape } from '../rows/row-columns.js';
import { ShardFolder } from '../shards/shard-folder.js';
import { STATE_PREFIX } from '../state-prefix.js';
import { SidecarFiles } from './sidecar-files.js';

export interface SidecarPlace {
  readonly uri: string;
  readonly store: ObjectStore;
}

/**
 * Captions as text files, named as the images are. They cannot give rows back, so the rows lie in a hidden folder. Rows
 * that are there are the decision: what a killed process did not write of their files, the next one writes.
 */
export class SidecarOutput implements DatasetOutput {
  readonly uri: string;
  private readonly files: SidecarFiles;
  private readonly prefix: string;
  private readonly records: ShardFolder;

  private constructor(
    private readonly place: SidecarPlace,
    shape: RowShape,
    options: SidecarOptions,
  ) {
    this.uri = place.uri;
    this.files = new SidecarFiles(place.store, options);
    const form = `sidecar${options.extension ?? '.txt'}`;
    this.prefix = `${STATE_PREFIX}${form}/`;
    const format = textFormat(jsonlText(shape), { gzip: false });
    this.records = new ShardFolder({ ...place, prefix: this.prefix, form }, format);
  }

  static async open(
    place: SidecarPlace,
    { shape, sidecar, overwrite }: { shape: RowShape; sidecar: SidecarOptions; overwrite: boolean },
  ): Promise<SidecarOutput> {
    const output = new SidecarOutput(place, shape, sidecar);
    if (overwrite) await output.records.clear();
    for (const name of await output.records.unmarked()) await output.complete(name);
    await output.shards();
    return output;
  }

  shards(): Promise<readonly ShardState[]> {
    return this.records.shards();
  }

  readShard(name: string): AsyncIterable<DatasetRow> {
    return this.records.readShard(name);
  }

  async writeShard(shard: OutputShard): Promise<void> {
    await this.records.writeRows(shard);
    await this.writeFiles(shard);
  }

  async finish(): Promise<void> {
    // Every file is finished by itself.
  }

  /** With `skip` alone; files of rows that {@link readShard} gives are there, too. */
  async hasCaption(row: Pick<DatasetRow, 'key' | 'prompt_index'>): Promise<boolean> {
    return this.files.leavesExisting && (await this.files.has(row));
  }

  private async complete(name: string): Promise<void> {
    const rows: DatasetRow[] = [];
    for await (const row of this.records.readRows(name)) rows.push(row);
    await this.writeFiles({ name, rows });
  }

  private async writeFiles(shard: Pick<OutputShard, 'name' | 'rows'>): Promise<void> {
    await this.files.write(shard.rows, `${this.prefix}${shard.name}_lengths.json`);
    await this.records.mark(shard);
  }
}
