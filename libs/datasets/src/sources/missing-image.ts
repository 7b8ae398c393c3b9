import type { ErrorCode } from '@tessera/contracts';
import type { ColumnValue, SourceRecord } from '../source.js';
import { SourceFileError } from './errors.js';

export type MissingImage = Extract<SourceRecord['image'], { kind: 'missing' }>;

export function missingImage(code: ErrorCode, message: string): MissingImage {
  return { kind: 'missing', code, message };
}

/**
 * Records of one file of many. Where it is damaged, cut off or not there, it ends with a record that says so: the files
 * behind it are read all the same, and two readings agree.
 */
export async function* endWithDamage(
  records: AsyncIterable<SourceRecord>,
  keyPrefix: string,
): AsyncGenerator<SourceRecord> {
  try {
    yield* records;
  } catch (error) {
    if (!(error instanceof SourceFileError)) throw error;
    const columns: Record<string, ColumnValue> = {};
    yield {
      key: `${keyPrefix}#damaged`,
      path: error.file,
      image: missingImage(error.code, error.message),
      columns,
    };
  }
}
