import { mkdir } from 'node:fs/promises';
import type { Database, RootDatabase } from 'lmdb';

/** Texts by 32-byte keys in a file, of which only what is used is in memory. */
export type TextTable = Database<string, Buffer>;
export type TextTables = RootDatabase<string, Buffer>;

const MAX_TABLES = 4;

/** Opens tables in `folder`, which is made where it is missing; several processes may have it open. */
export async function openTextTables(
  folder: string,
  { isTemporary }: { readonly isTemporary: boolean },
): Promise<TextTables> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Native code: only where it is used.
  const { open } = await import('lmdb');
  return open<string, Buffer>({ path: folder, ...TABLE_OPTIONS, maxDbs: MAX_TABLES, noSync: isTemporary });
}

/** The table of this name, which is made where it is missing. */
export function openTextTable(tables: TextTables, name: string): TextTable {
  return tables.openDB<string, Buffer>({ name, ...TABLE_OPTIONS });
}

const TABLE_OPTIONS = { encoding: 'string', keyEncoding: 'binary' } as const;

/** 32 bytes of 64 hexadecimal digits. */
export function tableKey(digest: string): Buffer {
  return Buffer.from(digest, 'hex');
}
