import { rm } from 'node:fs/promises';
import { openTextTable, openTextTables, tableKey, type TextTable, type TextTables } from './text-table.js';

const PUTS_AT_ONCE = 1000;

type Entry<Value> = readonly [key: string, value: Value];

/** JSON by 64 hexadecimal digits, for as long as a run takes. */
export class ScratchTable<Value> {
  private opened: Promise<{ tables: TextTables; table: TextTable }> | undefined;
  private lastPut: Promise<unknown> = Promise.resolve();

  /** @param folder is made when it is needed, and removed at the end */
  constructor(private readonly folder: string) {}

  async get(key: string): Promise<Value | undefined> {
    if (this.opened === undefined) return undefined;
    const text = (await this.opened).table.get(tableKey(key));
    return text === undefined ? undefined : (JSON.parse(text) as Value);
  }

  /** Resolves when it can be read. */
  put(key: string, value: Value): Promise<void> {
    return this.putAll([[key, value]]);
  }

  /** Resolves when all can be read. */
  async putAll(entries: Iterable<Entry<Value>> | AsyncIterable<Entry<Value>>): Promise<void> {
    let count = 0;
    for await (const [key, value] of entries) {
      const { table } = await this.open();
      this.lastPut = table.put(tableKey(key), JSON.stringify(value));
      count += 1;
      if (count % PUTS_AT_ONCE === 0) await this.lastPut;
    }
    await this.lastPut;
  }

  async close(): Promise<void> {
    if (this.opened === undefined) return;
    const { tables } = await this.opened;
    await this.lastPut;
    await tables.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private open() {
    this.opened ??= openTextTables(this.folder, { isTemporary: true }).then((tables) => ({
      tables,
      table: openTextTable(tables, 'values'),
    }));
    return this.opened;
  }
}
