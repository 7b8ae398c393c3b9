import { ObjectNotFoundError, type ObjectStore } from '@tessera/storage';
import pLimit from 'p-limit';
import { z } from 'zod';
import type { DatasetRow } from '../../row.js';
import { memberName, promptSuffix } from '../member-names.js';
import type { SidecarOptions } from '../output-options.js';

/** Files that are written at once. */
const CONCURRENT_WRITES = 16;

const lengthsSchema = z.record(z.string(), z.int());

/** Text files with captions, named as the images are. */
export class SidecarFiles {
  private readonly extension: string;
  private readonly onExisting: Required<SidecarOptions>['onExisting'];
  private readonly separator: string;

  constructor(
    private readonly store: ObjectStore,
    { extension = '.txt', onExisting = 'skip', separator = '\n' }: SidecarOptions,
  ) {
    this.extension = extension;
    this.onExisting = onExisting;
    this.separator = separator;
  }

  get leavesExisting(): boolean {
    return this.onExisting === 'skip';
  }

  keyOf({ key, prompt_index }: Pick<DatasetRow, 'key' | 'prompt_index'>): string {
    const { folder, stem } = memberName(key);
    return `${folder}${stem}${promptSuffix(prompt_index)}${this.extension}`;
  }

  async has(row: Pick<DatasetRow, 'key' | 'prompt_index'>): Promise<boolean> {
    return (await this.store.stat(this.keyOf(row))) !== undefined;
  }

  /**
   * Writes the captions that rows have; may be done again, and nothing is appended twice.
   * @param lengthsKey where it keeps how long the files were before it appended
   */
  async write(rows: readonly DatasetRow[], lengthsKey: string): Promise<void> {
    const captions = this.captionsOf(rows);
    const lengths =
      this.onExisting === 'append' ? await this.originalLengths([...captions.keys()], lengthsKey) : {};
    await this.forEach([...captions], async ([key, caption]) => {
      if (this.leavesExisting && (await this.store.stat(key)) !== undefined) return;
      const before = await this.beginningOf(key, lengths[key] ?? 0);
      await this.store.put(
        key,
        Buffer.from(before === '' ? caption : `${before}${this.separator}${caption}`),
      );
    });
  }

  /** Where two rows have one name, the first caption stays or the last one goes over it, as with what was there before. */
  private captionsOf(rows: readonly DatasetRow[]): Map<string, string> {
    const captions = new Map<string, string>();
    for (const row of rows) {
      if (row.caption === null || (row.status !== 'completed' && row.status !== 'skipped_duplicate'))
        continue;
      const key = this.keyOf(row);
      if (!(this.leavesExisting && captions.has(key))) captions.set(key, row.caption);
    }
    return captions;
  }

  private async beginningOf(key: string, bytes: number): Promise<string> {
    if (bytes === 0) return '';
    return Buffer.from((await this.store.get(key)).subarray(0, bytes)).toString('utf8');
  }

  /** Bytes of the files before anything of this shard was appended. Durable before the first is changed. */
  private async originalLengths(
    keys: readonly string[],
    lengthsKey: string,
  ): Promise<Record<string, number>> {
    const lengths = new Map(Object.entries(await this.readLengths(lengthsKey)));
    const unknown = keys.filter((key) => !lengths.has(key));
    const found = await this.forEach(unknown, (key) => this.originalLength(key));
    unknown.forEach((key, index) => lengths.set(key, found[index] ?? 0));
    const all = Object.fromEntries(lengths);
    if (unknown.length > 0) await this.store.put(lengthsKey, Buffer.from(JSON.stringify(all)));
    return all;
  }

  /** The end of the last line is no part of it. */
  private async originalLength(key: string): Promise<number> {
    if ((await this.store.stat(key)) === undefined) return 0;
    const text = Buffer.from(await this.store.get(key));
    return text.length - (/\r?\n$/.exec(text.subarray(-2).toString('latin1'))?.[0].length ?? 0);
  }

  private async readLengths(lengthsKey: string): Promise<Record<string, number>> {
    try {
      return lengthsSchema.parse(JSON.parse(Buffer.from(await this.store.get(lengthsKey)).toString('utf8')));
    } catch (error) {
      if (error instanceof ObjectNotFoundError) return {};
      throw error;
    }
  }

  private forEach<Item, Result>(
    items: readonly Item[],
    action: (item: Item) => Promise<Result>,
  ): Promise<Result[]> {
    const limit = pLimit(CONCURRENT_WRITES);
    return Promise.all(items.map((item) => limit(() => action(item))));
  }
}
