import { hash } from 'node:crypto';
import type { DatasetRow } from '../row.js';
import type { ColumnValue, ImagePlace } from '../source.js';
import type { Answer } from './answer.js';
import type { EarlierAnswer } from './earlier-rows.js';

/** A record of the source, without the bytes of its image. */
export interface PlannedRecord {
  readonly key: string;
  readonly path: string;
  readonly carried: Readonly<Record<string, ColumnValue>>;
  /** Where the image can be read again; undefined where it cannot. */
  place: ImagePlace | undefined;
}

/** A row of the output, once it has its answer. */
export interface PlannedRow {
  readonly record: PlannedRecord;
  readonly prompt: string;
  readonly promptIndex: number | undefined;
  readonly identity: string;
  answer: Answer | undefined;
  /** Where it was before, if anywhere. */
  from: EarlierAnswer['from'] | undefined;
}

/** A shard of the output while its rows get their answers. */
export class OpenShard {
  readonly rows: PlannedRow[] = [];
  /** Resolves with whether all rows have answers, or the run was stopped before that. */
  readonly ended: Promise<boolean>;
  /** Whether a row has an answer of this run. */
  hasNews = false;
  private plan = '';
  private waiting = 0;
  private isPlanned = false;
  private end: (isWhole: boolean) => void = () => {};

  constructor(readonly name: string) {
    this.ended = new Promise((resolve) => (this.end = resolve));
  }

  add(row: PlannedRow): void {
    this.rows.push(row);
    const { identity, promptIndex, record } = row;
    this.plan = hash(
      'sha256',
      JSON.stringify([this.plan, identity, promptIndex, record.path, record.carried]),
      'hex',
    );
    if (row.answer === undefined) this.waiting += 1;
  }

  /** Digest of all that the rows are made of, but for the answers. */
  get planDigest(): string {
    return this.plan;
  }

  /** A row that was waiting has its answer. */
  answer(row: PlannedRow, answer: Answer): void {
    row.answer = answer;
    this.hasNews = true;
    this.waiting -= 1;
    this.endIfWhole();
  }

  /** No more rows come. */
  endPlanning(): void {
    this.isPlanned = true;
    this.endIfWhole();
  }

  /** The run was stopped. Does nothing to a shard that is whole. */
  giveUp(): void {
    this.end(false);
  }

  private endIfWhole(): void {
    if (this.isPlanned && this.waiting === 0) this.end(true);
  }
}

/** The row with its answer. @param isDuplicate whether an earlier row of the output has the same image and prompt */
export function toRow(
  { record, prompt, promptIndex }: PlannedRow,
  answer: Answer,
  isDuplicate: boolean,
): DatasetRow {
  const { key, path, carried } = record;
  const { caption, status, error_code, error_message, ...rest } = answer;
  return {
    key,
    path,
    prompt,
    ...(promptIndex === undefined ? {} : { prompt_index: promptIndex }),
    caption,
    status: caption === null ? status : isDuplicate ? 'skipped_duplicate' : 'completed',
    error_code,
    error_message,
    ...rest,
    timings: isDuplicate ? null : rest.timings,
    carried,
  };
}
