import type { ColumnValue } from '../../source.js';
import { MAX_TEXT_BYTES, type SamplePart, type TarSample } from './tar-samples.js';

export type SampleColumns =
  | { readonly kind: 'columns'; readonly columns: Record<string, ColumnValue> }
  | { readonly kind: 'bad'; readonly reason: string };

/**
 * Columns of a sample: the fields of its `.json`, and every other JSON or text under its extension (`txt`).
 * A later member with the same column wins.
 */
export function sampleColumns({ parts }: TarSample): SampleColumns {
  const columns: [string, ColumnValue][] = [];
  for (const part of parts) {
    if (isText(part)) {
      const read = columnsOf(part);
      if (typeof read === 'string') return { kind: 'bad', reason: read };
      columns.push(...read);
    }
  }
  return { kind: 'columns', columns: Object.fromEntries(columns) };
}

function isText({ extension }: SamplePart): boolean {
  return /(?:^|\.)(?:json|txt)$/i.test(extension);
}

/** Or what is wrong with it. */
function columnsOf({ name, extension, text }: SamplePart): [string, ColumnValue][] | string {
  if (text === undefined) return `${name} has more than ${MAX_TEXT_BYTES} bytes`;
  if (!/json$/i.test(extension)) return [[extension, text]];
  try {
    const value = JSON.parse(text) as ColumnValue;
    const hasFields = typeof value === 'object' && value !== null && !Array.isArray(value);
    return hasFields && extension === 'json' ? Object.entries(value) : [[extension, value]];
  } catch (error) {
    return `${name} is not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}
