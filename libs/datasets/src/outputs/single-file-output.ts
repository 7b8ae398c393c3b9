import type { ObjectStore } from '@tessera/storage';
import type { DatasetOutput, OutputShard, ShardState } from '../output.js';
import type { DatasetRow } from '../row.js';
import { OutputForeignError, ShardNotFoundError } from './errors.js';
import type { JoinableFormat, Span } from './formats/row-format.js';
import { checkColumns, ShardFolder } from './shards/shard-folder.js';
import { compareShardNames } from './shards/shard-names.js';
import { type WholeIndex, WholeIndexFile, type WholeShard } from './shards/whole-index.js';
import { STATE_PREFIX } from './state-prefix.js';

export interface SingleFilePlace {
  readonly uri: string;
  readonly store: ObjectStore;
  /** Name of the file. */
  readonly key: string;
}

/**
 * One file of all rows. Until it is put together, its shards lie in a folder beside it; afterwards a record, hidden
 * beside it, says where in it each shard is, so that a later run goes on from there. A shard that is in both counts as
 * it is in the folder.
 */
export class SingleFileOutput implements DatasetOutput {
  readonly uri: string;
  private readonly parts: ShardFolder;
  private readonly index: WholeIndexFile;
  private readonly form: string;
  /** Whether a file that is there is to go. */
  private replacesWhole = false;

  private constructor(
    private readonly place: SingleFilePlace,
    private readonly format: JoinableFormat,
  ) {
    const { uri, store, key } = place;
    this.uri = uri;
    this.form = `part of ${format.extension}`;
    this.parts = new ShardFolder({ uri, store, prefix: `${key}.parts/`, form: this.form }, format);
    this.index = new WholeIndexFile(store, `${STATE_PREFIX}${key}.json`, uri);
  }

  /** @throws {OutputForeignError} when something else is there, unless it is to be overwritten */
  static async open(
    place: SingleFilePlace,
    format: JoinableFormat,
    { overwrite }: { readonly overwrite: boolean },
  ): Promise<SingleFileOutput> {
    const output = new SingleFileOutput(place, format);
    if (overwrite) {
      await output.index.delete();
      await output.parts.clear();
      output.replacesWhole = true;
    } else await output.shards();
    return output;
  }

  async shards(): Promise<readonly ShardState[]> {
    const { parts, inWhole } = await this.find();
    return [...parts, ...inWhole.map(({ state }) => state)].sort((left, right) =>
      compareShardNames(left.name, right.name),
    );
  }

  async *readShard(name: string): AsyncGenerator<DatasetRow> {
    if (await this.parts.hasShard(name)) return void (yield* this.parts.readRows(name));
    const shard = (await this.readIndex())?.shards.find(({ state }) => state.name === name);
    if (shard === undefined) throw new ShardNotFoundError(this.uri, name);
    yield* this.format.readSpan(this.place, shard.span);
  }

  writeShard(shard: OutputShard): Promise<void> {
    return this.parts.writeShard(shard);
  }

  async finish(): Promise<void> {
    const { parts, inWhole, hasWhole } = await this.find();
    // A process that was killed while it cleared the folder may have left something there.
    if (parts.length === 0 && hasWhole) return this.parts.clear();
    // With all shards in the folder, what the record says of the old file no longer matters when the new one is there.
    for (const { state, span } of inWhole) await this.takeOut(state.name, span);
    await this.putTogether(await this.parts.shards());
    this.replacesWhole = false;
    await this.parts.clear();
  }

  private async takeOut(name: string, span: Span): Promise<void> {
    const rows: DatasetRow[] = [];
    for await (const row of this.format.readSpan(this.place, span)) rows.push(row);
    await this.parts.writeShard({ name, rows, readImage: async () => undefined });
  }

  private async putTogether(parts: readonly ShardState[]): Promise<void> {
    const { store, key } = this.place;
    const spans: Span[] = [];
    const files = parts.map(({ name }) => this.parts.fileOf(name));
    const whole = this.format.join(files, (span) => spans.push(span));
    const { bytes } = await store.putStream(key, whole);
    const shards = parts.map((state, index) => ({ state, span: spans[index] ?? { start: 0, end: 0 } }));
    const { columns } = this.format;
    await this.index.write({ form: this.form, ...(columns && { columns: [...columns] }), bytes, shards });
  }

  /** Shards in the folder, and those that are in the whole alone. */
  private async find(): Promise<{ parts: ShardState[]; inWhole: WholeShard[]; hasWhole: boolean }> {
    const parts = await this.parts.shards();
    const index = await this.readIndex();
    if (index === undefined) {
      // With parts beside it, a file was put together when the process was killed.
      if (parts.length === 0 && !this.replacesWhole) await this.checkNothingThere();
      return { parts, inWhole: [], hasWhole: false };
    }
    const names = new Set(parts.map(({ name }) => name));
    return { parts, inWhole: index.shards.filter(({ state }) => !names.has(state.name)), hasWhole: true };
  }

  /** Undefined where it does not speak of the file that is there. */
  private async readIndex(): Promise<WholeIndex | undefined> {
    const index = await this.index.read();
    if (index === undefined) return undefined;
    const { bytes } = (await this.place.store.stat(this.place.key)) ?? {};
    if (index.bytes !== bytes) return undefined;
    if (index.form !== this.form) throw new OutputForeignError(this.uri, `it was written as ${index.form}`);
    checkColumns(this.uri, index.columns, this.format.columns);
    return index;
  }

  private async checkNothingThere(): Promise<void> {
    if ((await this.place.store.stat(this.place.key)) === undefined) return;
    const reason = 'another program has written or changed it; overwrite it, or name another';
    throw new OutputForeignError(this.uri, reason);
  }
}
