import { type FinishReason } from '@tessera/contracts';
import { type DecoderRunner } from '../decoder-runner.js';
import { type KvCache } from '../kv-cache.js';
import { type LongRope } from '../policy/rope-position.js';
import { type SlotContents } from '../policy/slot-contents.js';
import { type SlotTable } from '../policy/slot-table.js';
import { type Sequence } from '../sequence.js';
import { type VisionRunner } from '../vision-runner.js';

/** One length class: its slots, its cache, and the runner over that cache. */
export interface SlotGroup {
  readonly capacityTokens: number;
  readonly slots: SlotTable<Sequence>;
  readonly contents: SlotContents;
  readonly cache: Pick<KvCache, 'copySlot'>;
  readonly runner: Pick<DecoderRunner, 'prefill' | 'decode'>;
}

/** What steps are made of. */
export interface StepContext {
  /** By class index. */
  readonly groups: readonly SlotGroup[];
  readonly vision: Pick<VisionRunner, 'encode' | 'maxTiles'>;
  readonly longRope: LongRope | null;
  readonly stopTokenIds: ReadonlySet<number>;
  /** Whether prompts take over what a slot holds of the same beginning. */
  readonly reusesPrefixes: boolean;
}

/**
 * One run of the model, as a transaction: planned when it is made, run, and then taken over sequence by sequence. A run
 * that fails has changed nothing that another sequence can see.
 */
export interface Step {
  /** Sequences whose results the run computes. It fails for all of them or for none. */
  readonly members: readonly Sequence[];
  /** Other sequences whose memory the run touches, so that they must stay where they are until it ends. */
  readonly bystanders: readonly Sequence[];
  /** Aborting the signal may end the run early; it then rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** Takes over a member's results after the run; says why the sequence is finished, if it is. */
  commit(member: Sequence): FinishReason | undefined;
}
