import { ObjectNotFoundError, type ObjectStore } from '@tessera/storage';
import { z } from 'zod';
import { OutputForeignError } from '../outputs/errors.js';
import type { Selection } from './select-records.js';

/** Where a run keeps what it must know to go on: beside the output, so that any machine can. */
export interface RunStatePlace {
  readonly store: ObjectStore;
  /** With its slash. */
  readonly prefix: string;
}

/** What the rows of a shard of the output were made of. */
const stampSchema = z.object({
  /** Parameters of its rows, as a digest. */
  parameters: z.string(),
  /** Digest of what its rows would be made of. */
  plan: z.string(),
});
export type ShardStamp = z.infer<typeof stampSchema>;

const selectionSchema = z.object({ limit: z.int().optional(), share: z.number().optional() });

/** What is known of an output beside its rows. */
export class RunState {
  constructor(private readonly place: RunStatePlace) {}

  /** Part of the source that the rows of the output are about; undefined before the first run. */
  async readSelection(): Promise<Selection | undefined> {
    return this.read('selection.json', selectionSchema);
  }

  writeSelection({ limit, share }: Selection): Promise<void> {
    return this.write('selection.json', { limit, share });
  }

  readStamp(shard: string): Promise<ShardStamp | undefined> {
    return this.read(stampFile(shard), stampSchema);
  }

  writeStamp(shard: string, stamp: ShardStamp): Promise<void> {
    return this.write(stampFile(shard), stamp);
  }

  deleteStamp(shard: string): Promise<void> {
    return this.place.store.delete(`${this.place.prefix}${stampFile(shard)}`);
  }

  private async write(file: string, value: unknown): Promise<void> {
    await this.place.store.put(`${this.place.prefix}${file}`, Buffer.from(`${JSON.stringify(value)}\n`));
  }

  private async read<Schema extends z.ZodType>(
    file: string,
    schema: Schema,
  ): Promise<z.output<Schema> | undefined> {
    const key = `${this.place.prefix}${file}`;
    try {
      return schema.parse(JSON.parse(Buffer.from(await this.place.store.get(key)).toString('utf8')));
    } catch (cause) {
      if (cause instanceof ObjectNotFoundError) return undefined;
      if (!(cause instanceof z.ZodError) && !(cause instanceof SyntaxError)) throw cause;
      throw new OutputForeignError(key, 'it is no record of a run', { cause });
    }
  }
}

function stampFile(shard: string): string {
  return `shards/${shard}.json`;
}
