import type { ModelReference } from '@tessera/contracts';
import type { ScratchTable } from '../answers/scratch-table.js';
import type { DatasetOutput, ShardState } from '../output.js';
import type { DatasetRow } from '../row.js';
import type { Answer } from './answer.js';
import type { RunFacts } from './run-facts.js';
import type { JournalEntry } from './journal.js';
import { rowIdentity } from './row-identity.js';
import type { RunState, ShardStamp } from './run-state.js';

/** An answer that an earlier run got, and where it is kept until the row is written again. */
export interface EarlierAnswer {
  readonly answer: Answer;
  /** `own`: the shard of the same name; `output`: another shard, or what went from one; `journal`: no shard yet. */
  readonly from: 'own' | 'output' | 'journal';
}

export interface EarlierRowsOptions {
  readonly output: DatasetOutput;
  readonly state: RunState;
  /** What the journal has. */
  readonly journaled: ScratchTable<Answer>;
  readonly model: ModelReference;
  /** Digest of the parameters of this run: rows that were made with others do not count. */
  readonly parameters: string;
  /** For rows that are in another shard now than they were, as after pictures were added to a folder. */
  readonly moved: ScratchTable<Answer>;
  /** Whether failed rows are asked again. */
  readonly retryFailed: boolean;
  readonly facts: RunFacts;
}

/** A shard of the output as it was before. */
interface ShardBefore {
  readonly state: ShardState;
  readonly stamp: ShardStamp | undefined;
  readonly answers: ReadonlyMap<string, Answer>;
}

/**
 * Answers that earlier runs got, by the identities of rows. As long as the source is as it was, one shard of the output
 * is read at a time, when its turn comes. When a row of a shard is not there, the source has changed (or the prompt has):
 * then all rows of the other shards are put into a table, since any of them may be asked for.
 */
export class EarlierRows {
  private readonly unread: Map<string, ShardState>;
  private before: ShardBefore | undefined;
  private readonly claimed = new Set<string>();
  /** Shards whose turn has not come, but whose rows were read. */
  private readonly read = new Set<string>();

  private constructor(
    private readonly options: EarlierRowsOptions,
    states: readonly ShardState[],
  ) {
    this.unread = new Map(states.map((state) => [state.name, state]));
  }

  static async open(options: EarlierRowsOptions): Promise<EarlierRows> {
    return new EarlierRows(options, await options.output.shards());
  }

  /** Begins with a shard of this run. */
  async beginShard(name: string): Promise<Pick<ShardBefore, 'state' | 'stamp'> | undefined> {
    this.claimed.clear();
    this.before = undefined;
    const state = this.unread.get(name);
    this.unread.delete(name);
    if (state === undefined) return undefined;
    const stamp = await this.options.state.readStamp(name);
    this.before = { state, stamp, answers: new Map(await this.readAnswers(state, stamp)) };
    return { state, stamp };
  }

  async take(identity: string): Promise<EarlierAnswer | undefined> {
    const found = await this.find(identity);
    if (found === undefined) return undefined;
    return found.answer.status === 'failed' && this.asksFailedAgain(found) ? undefined : found;
  }

  /**
   * Ends the shard.
   * @returns answers of its rows that were not taken: they may belong to a later shard, and go from the output when this
   * one is written
   */
  async endShard(): Promise<JournalEntry[]> {
    const left = [...(this.before?.answers ?? [])].filter(([identity]) => !this.claimed.has(identity));
    await this.options.moved.putAll(left);
    return left.map(([identity, answer]) => ({ identity, answer }));
  }

  /** Shards that this run has not asked for. */
  get leftOver(): readonly ShardState[] {
    return [...this.unread.values()];
  }

  private asksFailedAgain({ from }: EarlierAnswer): boolean {
    // A shard of failures alone is not done.
    return this.options.retryFailed || (from === 'own' && this.before?.state.isAllFailed === true);
  }

  private async find(identity: string): Promise<EarlierAnswer | undefined> {
    const own = this.before?.answers.get(identity);
    if (own !== undefined) this.claimed.add(identity);
    if (own !== undefined && own.status !== 'failed') return { answer: own, from: 'own' };
    // A failed row that was asked again is there, until its shard is written.
    const journaled = await this.options.journaled.get(identity);
    if (journaled !== undefined) return { answer: journaled, from: 'journal' };
    if (own !== undefined) return { answer: own, from: 'own' };
    await this.readUnread();
    const moved = await this.options.moved.get(identity);
    return moved === undefined ? undefined : { answer: moved, from: 'output' };
  }

  private async readUnread(): Promise<void> {
    for (const state of this.unread.values()) {
      if (this.read.has(state.name)) continue;
      this.read.add(state.name);
      const stamp = await this.options.state.readStamp(state.name);
      await this.options.moved.putAll(this.answersOf(state, stamp));
    }
  }

  private async readAnswers(
    state: ShardState,
    stamp: ShardStamp | undefined,
  ): Promise<[identity: string, answer: Answer][]> {
    const answers: [string, Answer][] = [];
    for await (const entry of this.answersOf(state, stamp)) answers.push(entry);
    return answers;
  }

  /** Rows that were made with the parameters of this run. */
  private async *answersOf(
    state: ShardState,
    stamp: ShardStamp | undefined,
  ): AsyncGenerator<[identity: string, answer: Answer]> {
    const { output, model, parameters, facts } = this.options;
    // Without a stamp, a process was killed before it had marked the shard as its own: its rows are in the journal.
    if (state.rows === 0 || stamp === undefined) return;
    if (stamp.parameters !== parameters) {
      facts.madeOtherwise += state.rows;
      return;
    }
    for await (const row of output.readShard(state.name)) {
      if (row.model !== model.id || row.model_revision !== model.revision) facts.madeOtherwise += 1;
      else yield [rowIdentity({ key: row.key, prompt: row.prompt, model, parameters }), answerOf(row)];
    }
  }
}

function answerOf(row: DatasetRow): Answer {
  const { created_at, ...rest } = row;
  return {
    caption: rest.caption,
    status: rest.status,
    error_code: rest.error_code,
    error_message: rest.error_message,
    sha256: rest.sha256,
    width: rest.width,
    height: rest.height,
    tiles: rest.tiles,
    finish_reason: rest.finish_reason,
    prompt_tokens: rest.prompt_tokens,
    completion_tokens: rest.completion_tokens,
    model: rest.model,
    model_revision: rest.model_revision,
    timings: rest.timings,
    ...(created_at === undefined ? {} : { created_at }),
  };
}
