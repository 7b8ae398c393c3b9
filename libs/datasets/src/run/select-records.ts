import { hash } from 'node:crypto';
import type { SourceRecord } from '../source.js';

/** Which part of a source a run is about. */
export interface Selection {
  /** At most so many records, from the first on. */
  readonly limit?: number | undefined;
  /** Of all records, 0 to 1: those that their keys choose, so that it is the same ones at every reading. */
  readonly share?: number | undefined;
}

const HASH_END = 2 ** 32;

/** Whether a record is among the share that is asked for. A larger share has those of a smaller one. */
export function isInShare(key: string, { share = 1 }: Selection): boolean {
  return share >= 1 || hash('sha256', key, 'buffer').readUInt32BE(0) < share * HASH_END;
}

/** Whether a run over `selection` has every record of one over `before`. */
export function includesSelection(selection: Selection, before: Selection): boolean {
  const { limit = Infinity, share = 1 } = selection;
  const { limit: limitBefore = Infinity, share: shareBefore = 1 } = before;
  // A limit counts records of the share: those of a smaller share may lie behind it.
  if (share !== shareBefore && limit !== Infinity) return false;
  return limit >= limitBefore && share >= shareBefore;
}

/** Lets through the records of a run, over all shards. */
export class RecordSelector {
  private taken = 0;

  constructor(private readonly selection: Selection) {}

  /** Whether no record will be taken any more. */
  get isThrough(): boolean {
    return this.taken >= (this.selection.limit ?? Infinity);
  }

  async *select(records: AsyncIterable<SourceRecord>): AsyncGenerator<SourceRecord> {
    if (this.isThrough) return;
    for await (const record of records) {
      if (!isInShare(record.key, this.selection)) continue;
      this.taken += 1;
      yield record;
      if (this.isThrough) return;
    }
  }
}
