import type { SourceRecord } from '../source.js';
import type { DatasetRunOptions } from './run-options.js';
import { RecordSelector } from './select-records.js';

/** Counts the rows of a run into its facts; gives up without a word when `signal` is aborted. */
export async function countRows(
  {
    source,
    prompts,
    selection = {},
    facts,
  }: Pick<DatasetRunOptions, 'source' | 'prompts' | 'selection' | 'facts'>,
  signal: AbortSignal,
): Promise<void> {
  const { limit = Infinity, share = 1 } = selection;
  const known = share < 1 ? undefined : await source.knownCount();
  const records = () => new RecordSelector(selection).select(source.records({ signal }));
  const count = known === undefined ? await countRecords(records(), signal) : Math.min(known, limit);
  if (count !== undefined) facts.total = count * prompts.length;
}

async function countRecords(
  records: AsyncGenerator<SourceRecord>,
  signal: AbortSignal,
): Promise<number | undefined> {
  try {
    for (let count = 0; !signal.aborted; count += 1) {
      if ((await records.next()).done === true) return count;
    }
    await records.return(undefined);
  } catch (error) {
    // The reading that asks about the records reports what is wrong with them.
    if (!signal.aborted) throw error;
  }
  return undefined;
}
