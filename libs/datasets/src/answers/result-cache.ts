import { z } from 'zod';
import type { Caption } from '../run/answer.js';
import type { AnswerStore } from './answer-store.js';
import { openTextTable, openTextTables, tableKey, type TextTable, type TextTables } from './text-table.js';

const captionSchema = z.object({
  caption: z.string(),
  finishReason: z.enum(['stop', 'length']),
  width: z.int().nullable(),
  height: z.int().nullable(),
  tiles: z.int().nullable(),
  promptTokens: z.int().nullable(),
  completionTokens: z.int().nullable(),
  model: z.object({ id: z.string(), revision: z.string() }),
});

export interface ResultCacheOptions {
  readonly folder: string;
  /** What its captions may take together, about; older ones go. */
  readonly maxBytes: number;
  /** Told once, when it cannot be read or written: from then on it forgets. */
  readonly onFailure: (error: unknown) => void;
}

/** Captions between two looks at how much room they take. */
const PUTS_A_LOOK = 1000;

/**
 * Captions of all runs on this machine, in a folder that any number of processes share. There are two tables: when the
 * newer one takes half of what is allowed, the older one is emptied and becomes the newer. What is read in the older one
 * goes to the newer one, so what is used stays.
 */
export class ResultCache implements AnswerStore {
  private puts = 0;
  /** What was put, until it can be read. */
  private readonly pending = new Map<string, Caption>();
  private lastPut: Promise<unknown> = Promise.resolve();
  private hasFailed = false;

  private constructor(
    private readonly tables: TextTables,
    /** With the number of the newer table of the two. */
    private readonly meta: TextTable,
    private readonly generations: readonly [TextTable, TextTable],
    private readonly options: ResultCacheOptions,
  ) {}

  static async open(options: ResultCacheOptions): Promise<ResultCache> {
    const tables = await openTextTables(options.folder, { isTemporary: false });
    const generations = [openTextTable(tables, 'even'), openTextTable(tables, 'odd')] as const;
    return new ResultCache(tables, openTextTable(tables, 'meta'), generations, options);
  }

  async get(question: string): Promise<Caption | undefined> {
    if (this.hasFailed) return undefined;
    const pending = this.pending.get(question);
    if (pending !== undefined) return pending;
    try {
      const key = tableKey(question);
      const [newer, older] = this.inOrder();
      const recent = newer.get(key);
      const text = recent ?? older.get(key);
      if (text === undefined) return undefined;
      const caption = captionSchema.parse(JSON.parse(text));
      if (recent === undefined) this.put(question, caption);
      return caption;
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  put(question: string, caption: Caption): void {
    if (this.hasFailed) return;
    this.pending.set(question, caption);
    const put = this.inOrder()[0].put(tableKey(question), JSON.stringify(caption));
    this.lastPut = put
      .catch((error: unknown) => this.fail(error))
      .finally(() => this.pending.delete(question));
    this.puts += 1;
    if (this.puts % PUTS_A_LOOK === 0) this.makeRoom();
  }

  async close(): Promise<void> {
    await this.lastPut;
    if (!this.hasFailed) await this.tables.flushed;
    await this.tables.close();
  }

  private inOrder(): readonly [TextTable, TextTable] {
    const [even, odd] = this.generations;
    return this.meta.get(NEWER) === '1' ? [odd, even] : [even, odd];
  }

  private makeRoom(): void {
    if (bytesOf(this.inOrder()[0]) < this.options.maxBytes / 2) return;
    const turn = this.tables.transaction(() => {
      const [newer, older] = this.inOrder();
      // Another process may have been here meanwhile.
      if (bytesOf(newer) < this.options.maxBytes / 2) return;
      older.clearSync();
      this.meta.putSync(NEWER, older === this.generations[1] ? '1' : '0');
    });
    this.lastPut = turn.catch((error: unknown) => this.fail(error));
  }

  private fail(error: unknown): void {
    if (this.hasFailed) return;
    this.hasFailed = true;
    this.options.onFailure(error);
  }
}

const NEWER = Buffer.from('newer');

interface TableStats {
  readonly pageSize: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

function bytesOf(table: TextTable): number {
  const stats = table.getStats() as TableStats;
  return (stats.treeBranchPageCount + stats.treeLeafPageCount + stats.overflowPages) * stats.pageSize;
}
