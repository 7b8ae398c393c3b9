import { ObjectNotFoundError, type ObjectStore } from '@tessera/storage';
import pLimit from 'p-limit';
import type { OutputShard, ShardState } from '../../output.js';
import type { DatasetRow } from '../../row.js';
import { OutputForeignError, ShardNotFoundError } from '../errors.js';
import type { RowFormat, StoredFile } from '../formats/row-format.js';
import { checkShardName, compareShardNames, STATS_ENDING } from './shard-names.js';
import { countRows, type ShardStats, shardStatsSchema, toShardState } from './shard-stats.js';

export interface ShardFolderPlace {
  /** The output as the user named it. */
  readonly uri: string;
  readonly store: ObjectStore;
  /** First part of the keys, with its slash; may be empty. */
  readonly prefix: string;
  /** Names the kind of output, in the marks of its shards. */
  readonly form: string;
}

/** Marks that are read at once. */
const CONCURRENT_READS = 16;

/** Shards as files, each with a `<name>_stats.json` beside it as the mark that it is there. */
export class ShardFolder {
  constructor(
    private readonly place: ShardFolderPlace,
    private readonly format: RowFormat,
  ) {}

  /**
   * Shards that are there, in their order.
   * @throws {OutputForeignError} for a mark that was not made for such an output
   */
  async shards(): Promise<ShardState[]> {
    const { marked } = await this.names();
    const limit = pLimit(CONCURRENT_READS);
    const states = await Promise.all(marked.map((name) => limit(() => this.stateOf(name))));
    return states
      .filter((state) => state !== undefined)
      .sort((left, right) => compareShardNames(left.name, right.name));
  }

  /** Shards whose rows are there, though their marks are not. */
  async unmarked(): Promise<string[]> {
    const { marked, withRows } = await this.names();
    const hasMark = new Set(marked);
    return withRows.filter((name) => !hasMark.has(name)).sort(compareShardNames);
  }

  async hasShard(name: string): Promise<boolean> {
    checkShardName(name);
    return (await this.stateOf(name)) !== undefined;
  }

  /** @throws {ShardNotFoundError} */
  async *readShard(name: string): AsyncGenerator<DatasetRow> {
    if (!(await this.hasShard(name))) throw new ShardNotFoundError(this.place.uri, name);
    yield* this.readRows(name);
  }

  /** Rows that are there, marked or not. */
  readRows(name: string): AsyncIterable<DatasetRow> {
    return this.format.read(this.fileOf(name));
  }

  async writeShard(shard: OutputShard): Promise<void> {
    await this.writeRows(shard);
    await this.mark(shard);
  }

  /** From here on the shard is not there. */
  async unmark(name: string): Promise<void> {
    checkShardName(name);
    await this.place.store.delete(this.statsKeyOf(name));
  }

  /** Writes rows; they count once they are marked. */
  async writeRows(shard: OutputShard): Promise<void> {
    // A killed process must not leave these counts beside those rows.
    await this.unmark(shard.name);
    await this.place.store.putStream(this.fileOf(shard.name).key, this.format.encode(shard));
  }

  async mark({ name, rows }: Pick<OutputShard, 'name' | 'rows'>): Promise<void> {
    const { store, form } = this.place;
    const { bytes = 0 } = (await store.stat(this.fileOf(name).key)) ?? {};
    const { columns } = this.format;
    const stats = { form, ...(columns && { columns: [...columns] }), bytes, ...countRows(rows) };
    await store.put(this.statsKeyOf(name), Buffer.from(`${JSON.stringify(stats satisfies ShardStats)}\n`));
  }

  /**
   * Deletes the shards, all of them.
   * @throws {OutputForeignError} for a mark of another output
   */
  async clear(): Promise<void> {
    const { store, prefix } = this.place;
    const { marked } = await this.names();
    for (const name of marked) {
      await this.readStats(name);
      await store.delete(this.statsKeyOf(name));
      await store.delete(this.fileOf(name).key);
    }
    // What a killed process left there. The user's own folder may hold anything.
    if (prefix !== '') await store.deletePrefix(prefix);
  }

  fileOf(name: string): StoredFile {
    const { store, prefix } = this.place;
    return { store, key: `${prefix}${name}.${this.format.extension}` };
  }

  private statsKeyOf(name: string): string {
    return `${this.place.prefix}${name}${STATS_ENDING}.json`;
  }

  private async names(): Promise<{ marked: string[]; withRows: string[] }> {
    const { store, prefix } = this.place;
    const [marked, withRows]: [string[], string[]] = [[], []];
    const [markEnding, rowsEnding] = [`${STATS_ENDING}.json`, `.${this.format.extension}`];
    for await (const key of store.list(prefix)) {
      const file = key.slice(prefix.length);
      if (file.includes('/')) continue;
      if (file.endsWith(markEnding)) marked.push(file.slice(0, -markEnding.length));
      else if (file.endsWith(rowsEnding)) withRows.push(file.slice(0, -rowsEnding.length));
    }
    return { marked, withRows };
  }

  /** Undefined where not all of it is there. */
  private async stateOf(name: string): Promise<ShardState | undefined> {
    const stats = await this.readStats(name);
    if (stats === undefined) return undefined;
    checkColumns(this.place.uri, stats.columns, this.format.columns);
    const { store, key } = this.fileOf(name);
    const info = await store.stat(key);
    return info?.bytes === stats.bytes ? toShardState(name, stats) : undefined;
  }

  private async readStats(name: string): Promise<ShardStats | undefined> {
    const { store, uri, form } = this.place;
    const key = this.statsKeyOf(name);
    try {
      const stats = shardStatsSchema.parse(JSON.parse(Buffer.from(await store.get(key)).toString('utf8')));
      if (stats.form !== form) throw new OutputForeignError(uri, `${key} marks a shard of ${stats.form}`);
      return stats;
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return undefined;
      if (error instanceof OutputForeignError) throw error;
      throw new OutputForeignError(uri, `${key} is no mark of a shard of Tessera`, { cause: error });
    }
  }
}

/** @throws {OutputForeignError} */
export function checkColumns(
  uri: string,
  there: readonly string[] | undefined,
  wanted: readonly string[] | undefined,
): void {
  if (JSON.stringify(there) === JSON.stringify(wanted)) return;
  const [had, has] = [there, wanted].map((columns) => columns?.join(', ') ?? 'none in particular');
  throw new OutputForeignError(uri, `its columns are ${had}; those of this run are ${has}`);
}
