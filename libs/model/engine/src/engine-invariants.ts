import { type EngineSnapshot, type SequenceSnapshot } from './engine-snapshot.js';

/** Every rule of ownership that a snapshot breaks, in words; empty for a sound engine. */
export function findViolations(snapshot: EngineSnapshot): string[] {
  return [
    ...slotViolations(snapshot),
    ...snapshot.sequences.flatMap((sequence) => sequenceViolations(snapshot, sequence)),
  ];
}

/** A slot has one owner, which is in the engine and knows that it owns the slot. */
function slotViolations({ classes, sequences }: EngineSnapshot): string[] {
  return classes.flatMap(({ owners }, classIndex) =>
    owners.flatMap((id, slot) => {
      if (id === undefined) return [];
      const owner = sequences.find((sequence) => sequence.id === id);
      const place = `slot ${slot} of class ${classIndex}`;
      if (owner === undefined) return [`${place} belongs to sequence ${id}, which has left`];
      const agrees = owner.slot === slot && owner.classIndex === classIndex;
      return agrees ? [] : [`${place} belongs to sequence ${id}, which says otherwise`];
    }),
  );
}

type Rule = [holds: boolean, claim: string];

function sequenceViolations({ classes }: EngineSnapshot, sequence: SequenceSnapshot): string[] {
  const { id, stage, slot, position, promptTokens, generatedTokens, maxTokens } = sequence;
  const slotClass = classes[sequence.classIndex];
  const hasSlot = stage === 'prefill' || stage === 'decode';
  const rules: Rule[] = [
    [stage !== 'ended', 'has ended but is still in the engine'],
    [hasSlot === (slot !== undefined), 'must have a slot exactly while it is prefilled or decoded'],
    [slot === undefined || slotClass?.owners[slot] === id, `says it owns slot ${slot}, which is another's`],
    [hasSlot || position === 0, 'has positions without a slot'],
    [stage !== 'prefill' || position < promptTokens, 'is prefilled past its prompt'],
    [
      stage !== 'decode' || position === promptTokens + generatedTokens - 1,
      'has other positions than its prompt and its answer but for the last token',
    ],
    [generatedTokens <= maxTokens, `has generated more than ${maxTokens} tokens`],
    [promptTokens + maxTokens <= (slotClass?.capacityTokens ?? 0), 'may outgrow its slot'],
    ...imageRules(sequence),
  ];
  return rules.flatMap(([holds, claim]) =>
    holds ? [] : [`sequence ${id} (${stage}, ${position} positions) ${claim}`],
  );
}

/** Memory of images is held for as long as a later step reads it, and no longer. */
function imageRules(sequence: SequenceSnapshot): Rule[] {
  const { stage, tileCount, doneTiles, holdsTiles, holdsFeatures } = sequence;
  const hasImages = tileCount > 0;
  return [
    [doneTiles <= tileCount, `has ${doneTiles} of ${tileCount} tiles encoded`],
    [holdsTiles === (hasImages && stage === 'vision'), 'must hold tiles exactly until they are encoded'],
    [
      holdsFeatures === (hasImages && stage !== 'decode' && stage !== 'ended'),
      'must hold features exactly until its prompt is computed',
    ],
  ];
}
