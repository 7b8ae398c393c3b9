import { TesseraError } from '@tessera/contracts';
import { HashSet } from '../hash-set.js';
import type { OutputShard } from '../output.js';
import type { DatasetRow } from '../row.js';
import type { Answer } from './answer.js';
import { imageExtension } from './image-extension.js';
import type { Journal } from './journal.js';
import type { KeptImages } from './kept-images.js';
import { type OpenShard, type PlannedRow, toRow } from './open-shard.js';
import type { DatasetRunOptions } from './run-options.js';
import type { RunState, ShardStamp } from './run-state.js';

export interface ShardWriting {
  readonly options: DatasetRunOptions;
  /** Digest of the parameters that rows are made with. */
  readonly parameters: string;
  readonly state: RunState;
  readonly journal: Journal;
  readonly images: KeptImages;
}

/** A shard whose rows have their answers, and what is there of it. */
export interface ShardToWrite {
  readonly shard: OpenShard;
  readonly stamp: ShardStamp | undefined;
}

/** Writes shards one after the other, in the order of the source. */
export class ShardWriter {
  /** Images with their prompts so far: which row has a caption first does not depend on who was quickest. */
  private readonly captioned = new HashSet();

  constructor(private readonly writing: ShardWriting) {}

  async write({ shard, stamp }: ShardToWrite): Promise<void> {
    const { journal, images } = this.writing;
    const rows = shard.rows.map((row) => this.finishRow(row));
    if (!isAsBefore({ shard, stamp })) await this.writeRows(shard, rows);
    await journal.drop(shard.name);
    if (this.writing.options.needsImages) await images.drop(shard.name);
  }

  /**
   * Killed at any point of it, the run goes on with all answers: until the new rows are there with their stamp, the
   * journal has them.
   */
  private async writeRows(shard: OpenShard, rows: readonly DatasetRow[]): Promise<void> {
    const { options, state, journal, parameters } = this.writing;
    await journal.flush();
    const kept = shard.rows.flatMap(({ identity, answer, from }) =>
      answer !== undefined && (from === 'own' || from === 'output') ? [{ identity, answer }] : [],
    );
    await journal.keep(shard.name, kept);
    await state.deleteStamp(shard.name);
    await options.output.writeShard({ name: shard.name, rows, readImage: this.imageReader(shard) });
    await state.writeStamp(shard.name, { parameters, plan: shard.planDigest });
    options.facts.shardsWritten += 1;
  }

  private finishRow(row: PlannedRow): DatasetRow {
    const answer = row.answer as Answer;
    const content = answer.sha256 ?? urlOf(row);
    const isDuplicate =
      answer.caption !== null && content !== undefined && !this.captioned.add(`${content} ${row.prompt}`);
    return toRow(row, answer, isDuplicate);
  }

  private imageReader({ rows }: OpenShard): OutputShard['readImage'] {
    const planned = new Map(rows.map((row) => [row.record.key, row]));
    return async ({ key, path }) => {
      const { record, answer } = planned.get(key) ?? {};
      if (record?.place === undefined || hasNoImage(answer)) return undefined;
      const { asker, abort } = this.writing.options;
      try {
        const bytes = await asker.read(record.place, abort.signal);
        return { bytes, extension: imageExtension(path === '' ? key : path, bytes) };
      } catch (error) {
        // It was there when it was asked about; its row says what came of that.
        if (error instanceof TesseraError) return undefined;
        throw error;
      }
    };
  }
}

function isAsBefore({ shard, stamp }: ShardToWrite): boolean {
  const isMoved = shard.rows.some(({ from }) => from === 'output' || from === 'journal');
  return stamp?.plan === shard.planDigest && !shard.hasNews && !isMoved;
}

/** An image that could not be read, and by now has been tried often enough. */
function hasNoImage(answer: Answer | undefined): boolean {
  return answer?.status === 'failed' && answer.sha256 === null;
}

/** Of an image that was asked about unread. */
function urlOf({ record: { place } }: PlannedRow): string | undefined {
  return place?.kind === 'url' ? place.url : undefined;
}
