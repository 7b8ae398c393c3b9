import { type Sequence, type SequenceStage } from './sequence.js';
import { type SlotGroup } from './steps/step.js';

/** Who owns what between two steps. Plain values: nothing in it changes later. */
export interface EngineSnapshot {
  readonly classes: readonly ClassSnapshot[];
  readonly sequences: readonly SequenceSnapshot[];
}

export interface ClassSnapshot {
  readonly capacityTokens: number;
  /** Ids of the slots' owners. */
  readonly owners: readonly (number | undefined)[];
}

export interface SequenceSnapshot {
  readonly id: number;
  readonly stage: SequenceStage;
  readonly classIndex: number;
  readonly slot: number | undefined;
  /** Positions written to its slot. */
  readonly position: number;
  readonly promptTokens: number;
  readonly generatedTokens: number;
  readonly maxTokens: number;
  readonly tileCount: number;
  readonly doneTiles: number;
  readonly holdsTiles: boolean;
  readonly holdsFeatures: boolean;
}

export function takeSnapshot(groups: readonly SlotGroup[], sequences: Iterable<Sequence>): EngineSnapshot {
  return {
    classes: groups.map(({ capacityTokens, slots }) => ({
      capacityTokens,
      owners: slots.rows.map((owner) => owner?.id),
    })),
    sequences: Array.from(sequences, (sequence) => ({
      id: sequence.id,
      stage: sequence.stage,
      classIndex: sequence.classIndex,
      slot: sequence.slot,
      position: sequence.position,
      promptTokens: sequence.prompt.tokenIds.length,
      generatedTokens: sequence.tokenIds.length,
      maxTokens: sequence.prompt.maxTokens,
      tileCount: sequence.images.reduce((sum, { tileCount }) => sum + tileCount, 0),
      doneTiles: sequence.images.reduce((sum, { doneTiles }) => sum + doneTiles, 0),
      holdsTiles: sequence.images.some(({ heldTiles }) => heldTiles !== undefined),
      holdsFeatures: sequence.images.some(({ heldFeatures }) => heldFeatures !== undefined),
    })),
  };
}
