import { z } from 'zod';

/**
 * Token to id, as vocab.json and tokenizer.json hold it. Not `z.record`: that copies 150,000 entries, and leaves
 * out a token spelled `__proto__`.
 */
export const idTableSchema = z.custom<Readonly<Record<string, number>>>(
  isIdTable,
  'a vocabulary gives each token an id of its own',
);

export function vocabularyOf(table: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
  return new Map(Object.entries(table));
}

function isIdTable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const ids: unknown[] = Object.values(value);
  const areIds = ids.every((id) => typeof id === 'number' && Number.isInteger(id) && id >= 0);
  return areIds && new Set(ids).size === ids.length;
}
