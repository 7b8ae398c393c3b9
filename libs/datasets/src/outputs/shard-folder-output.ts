import type { DatasetOutput, OutputShard, ShardState } from '../output.js';
import type { DatasetRow } from '../row.js';
import type { ShardFolder } from './shards/shard-folder.js';

/** A folder of shards, and nothing that they have together. */
export class ShardFolderOutput implements DatasetOutput {
  private constructor(
    readonly uri: string,
    private readonly folder: ShardFolder,
  ) {}

  /** @throws {OutputForeignError} when shards of something else are there */
  static async open(
    uri: string,
    folder: ShardFolder,
    { overwrite }: { readonly overwrite: boolean },
  ): Promise<ShardFolderOutput> {
    if (overwrite) await folder.clear();
    else await folder.shards();
    return new ShardFolderOutput(uri, folder);
  }

  shards(): Promise<readonly ShardState[]> {
    return this.folder.shards();
  }

  readShard(name: string): AsyncIterable<DatasetRow> {
    return this.folder.readShard(name);
  }

  writeShard(shard: OutputShard): Promise<void> {
    return this.folder.writeShard(shard);
  }

  async finish(): Promise<void> {
    // Every shard is finished by itself.
  }
}
