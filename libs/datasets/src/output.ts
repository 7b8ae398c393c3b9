import type { DatasetRow } from './row.js';

/** The rows of a shard, in the order of the source. */
export interface OutputShard {
  /** As in `00017`; part of file names. */
  readonly name: string;
  readonly rows: readonly DatasetRow[];
  /** Reads the image of a row again, for forms that keep it beside its caption; undefined where it cannot be had. */
  readonly readImage: (row: DatasetRow) => Promise<{ bytes: Uint8Array; extension: string } | undefined>;
}

/** What is there of a shard. */
export interface ShardState {
  readonly name: string;
  readonly rows: number;
  readonly completed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Every row of it failed, so it counts as not done. */
  readonly isAllFailed: boolean;
}

/** Where rows go, in one form. Everything may be done again: a shard that is written again replaces itself. */
export interface DatasetOutput {
  /** The output as the user named it. */
  readonly uri: string;
  /** Shards that are there whole, by an earlier run or this one. */
  shards(): Promise<readonly ShardState[]>;
  /** Rows of a shard that is there, in order. */
  readShard(name: string): AsyncIterable<DatasetRow>;
  /** Whole or nothing. */
  writeShard(shard: OutputShard): Promise<void>;
  /** Puts together what the form has once for all shards (one file of all rows, a `metadata.jsonl`), in order of shards. */
  finish(): Promise<void>;
  /**
   * Whether a caption by somebody else is there already and is to stay, so that nobody need be asked for this one.
   * Absent: never.
   */
  hasCaption?(row: Pick<DatasetRow, 'key' | 'prompt_index'>): Promise<boolean>;
}
