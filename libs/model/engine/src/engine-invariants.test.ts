import { describe, expect, it } from 'vitest';
import { findViolations } from './engine-invariants.js';
import { type EngineSnapshot, type SequenceSnapshot } from './engine-snapshot.js';

const decoding: SequenceSnapshot = {
  id: 1,
  stage: 'decode',
  classIndex: 0,
  slot: 0,
  position: 11,
  promptTokens: 10,
  generatedTokens: 2,
  maxTokens: 5,
  tileCount: 3,
  doneTiles: 3,
  holdsTiles: false,
  holdsFeatures: false,
};
const waiting: SequenceSnapshot = {
  ...decoding,
  id: 2,
  stage: 'vision',
  slot: undefined,
  position: 0,
  generatedTokens: 0,
  doneTiles: 1,
  holdsTiles: true,
  holdsFeatures: true,
};

function snapshot(
  sequences: readonly SequenceSnapshot[],
  owners: readonly (number | undefined)[] = [1, undefined],
): EngineSnapshot {
  return { classes: [{ capacityTokens: 20, owners }], sequences };
}

describe('findViolations', () => {
  it('finds nothing in a sound engine', () => {
    const prefilling = {
      ...decoding,
      id: 3,
      stage: 'prefill',
      slot: 1,
      position: 4,
      holdsFeatures: true,
    } as const;
    expect(
      findViolations(snapshot([decoding, waiting, { ...prefilling, generatedTokens: 0 }], [1, 3])),
    ).toEqual([]);
  });

  it.each<[string, EngineSnapshot, RegExp]>([
    [
      'a slot of a sequence that left',
      snapshot([waiting]),
      /slot 0 of class 0 belongs to sequence 1, which has left/,
    ],
    ['two owners of a slot', snapshot([decoding, { ...decoding, id: 4 }]), /sequence 4 .*another's/],
    ['a slot that its owner does not know', snapshot([{ ...decoding, slot: 1 }]), /says otherwise/],
    ['a finished sequence', snapshot([{ ...decoding, stage: 'ended' }]), /has ended/],
    ['a waiting sequence with a slot', snapshot([{ ...waiting, id: 1, slot: 0 }]), /exactly while/],
    ['positions without a slot', snapshot([{ ...waiting, position: 2 }], []), /without a slot/],
    ['a position too many', snapshot([{ ...decoding, position: 12 }]), /other positions/],
    [
      'prefill past the prompt',
      snapshot([{ ...decoding, stage: 'prefill', holdsFeatures: true }]),
      /past its prompt/,
    ],
    ['tokens past the limit', snapshot([{ ...decoding, generatedTokens: 6, position: 15 }]), /more than 5/],
    ['a sequence longer than its slot', snapshot([{ ...decoding, maxTokens: 11 }]), /outgrow/],
    ['tiles after vision', snapshot([{ ...decoding, holdsTiles: true }]), /tiles exactly/],
    [
      'features lost before prefill',
      snapshot([{ ...waiting, holdsFeatures: false }], []),
      /features exactly/,
    ],
    ['tiles encoded twice', snapshot([{ ...decoding, doneTiles: 4 }]), /4 of 3 tiles/],
  ])('finds %s', (_, broken, message) => {
    expect(findViolations(broken).join('\n')).toMatch(message);
  });
});
