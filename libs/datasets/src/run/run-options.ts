import type { AnswerStore } from '../answers/answer-store.js';
import type { DatasetOutput } from '../output.js';
import type { CaptionShape } from '../prompts/shape-caption.js';
import type { PromptTemplate } from '../prompts/parse-prompt.js';
import type { DatasetSource } from '../source.js';
import type { Asker } from './asker.js';
import type { RunParameters } from './row-identity.js';
import type { RunFacts } from './run-facts.js';
import type { RunStatePlace } from './run-state.js';
import type { Selection } from './select-records.js';

/** Rows of a shard, where neither the user nor the source says how many. */
export const DEFAULT_SHARD_ROWS = 10_000;

export interface DatasetRunOptions {
  readonly source: DatasetSource;
  readonly output: DatasetOutput;
  /** Beside the output. */
  readonly state: RunStatePlace;
  /** One or more: each makes a row of every record. */
  readonly prompts: readonly PromptTemplate[];
  readonly asker: Asker;
  /** What else answers depend on; rows that were made with other ones are asked again. */
  readonly parameters: RunParameters;
  readonly shape?: CaptionShape;
  /** Columns of the source that rows get. */
  readonly carried: 'all' | readonly string[];
  readonly selection?: Selection;
  /** Rows of a shard, where the source has no shards of its own. @defaultValue {@link DEFAULT_SHARD_ROWS} */
  readonly shardRows?: number | undefined;
  /** Whether shards are called as those of the source are. */
  readonly keepShardNames: boolean;
  /** Whether the output has images beside their captions. */
  readonly needsImages: boolean;
  /** Asks again about rows that failed. */
  readonly retryFailed?: boolean;
  /** Captions of other runs; absent: none are used or kept. */
  readonly cache?: AnswerStore | undefined;
  /** A folder of this machine for what does not outlast the run; nothing else is in it. */
  readonly scratchFolder: string;
  /** Is kept up to date. */
  readonly facts: RunFacts;
  /** Counts all rows in the background, by a reading of its own, where the source does not know how many it has. */
  readonly countsRows?: boolean;
  /** Ends the run in good order: what is in flight is finished. */
  readonly stopping?: AbortSignal;
  /** Gives up what is in flight. */
  readonly abort: AbortController;
  /** Told of a place of the source that cannot be read while others are. */
  readonly onUnreadable?: (place: string, error: unknown) => void;
}
