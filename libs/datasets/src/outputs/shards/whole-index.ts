import { ObjectNotFoundError, type ObjectStore } from '@tessera/storage';
import { z } from 'zod';
import type { ShardState } from '../../output.js';
import { OutputForeignError } from '../errors.js';
import type { Span } from '../formats/row-format.js';

const wholeIndexSchema = z.object({
  form: z.string(),
  columns: z.array(z.string()).optional(),
  /** Of the file of all rows. */
  bytes: z.int(),
  shards: z.array(
    z.object({
      state: z.object({
        name: z.string(),
        rows: z.int(),
        completed: z.int(),
        failed: z.int(),
        skipped: z.int(),
        isAllFailed: z.boolean(),
      }),
      span: z.object({ start: z.int(), end: z.int() }),
    }),
  ),
});

export type WholeIndex = z.infer<typeof wholeIndexSchema>;
export interface WholeShard {
  readonly state: ShardState;
  readonly span: Span;
}

/** Keeps where in the file of all rows each shard lies. */
export class WholeIndexFile {
  constructor(
    private readonly store: ObjectStore,
    private readonly key: string,
    private readonly uri: string,
  ) {}

  /**
   * Undefined where there is none.
   * @throws {OutputForeignError}
   */
  async read(): Promise<WholeIndex | undefined> {
    try {
      return wholeIndexSchema.parse(JSON.parse(Buffer.from(await this.store.get(this.key)).toString('utf8')));
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return undefined;
      if (!(error instanceof z.ZodError) && !(error instanceof SyntaxError)) throw error;
      throw new OutputForeignError(this.uri, `${this.key} does not say where its shards are`, {
        cause: error,
      });
    }
  }

  async write(index: WholeIndex): Promise<void> {
    await this.store.put(this.key, Buffer.from(`${JSON.stringify(index)}\n`));
  }

  async delete(): Promise<void> {
    await this.store.delete(this.key);
  }
}
