import { UnexpectedTensorsError } from '../errors.js';
import { type Checkpoint } from './checkpoint.js';

/** Buffers that old exports carry; they follow from the configuration. */
const IGNORED = [/\.rotary_emb\.inv_freq$/, /\.position_ids$/];
const VISION_LAYER = /^(?:vision_model\.encoder\.layers|vision_tower\.encoder\.layer)\.(\d+)\./;

/** Kinds of checkpoint that are told by the names of their tensors. */
const EXPLANATIONS: readonly [pattern: RegExp, explanation: string][] = [
  [
    /lora_|\.base_layer\.|base_model\.model\./,
    'They are of a LoRA that is not merged: merge it first, InternVL has internvl_chat/tools/merge_lora.py for that.',
  ],
  [/\.experts\.|\.router\.|\.mlp\.gate\.weight$/, 'Mixture-of-experts models are not supported.'],
];
const OTHERWISE =
  'The checkpoint is of another architecture than its config.json says; variants with modules of their own, such as the Flash models, are not supported.';

/**
 * Every tensor must have been asked for, save those that cannot matter: an unknown one means mathematics that would be
 * left out. Throws {@link UnexpectedTensorsError}.
 * @param visionLayerCount layers of the vision encoder that are used; later ones are left out on purpose.
 */
export function refuseUnexpectedTensors(checkpoint: Checkpoint, visionLayerCount: number): void {
  const unexpected = checkpoint.untakenTensorNames.filter(
    (name) => !IGNORED.some((pattern) => pattern.test(name)) && !isUnusedVisionLayer(name, visionLayerCount),
  );
  if (unexpected.length > 0) throw unexpectedTensors(unexpected, checkpoint.directory);
}

/** LoRA and mixtures of experts lack tensors as well: their own error says more than a missing name. */
export function refuseForeignTensors(checkpoint: Checkpoint): void {
  const foreign = checkpoint.tensorNames.filter((name) =>
    EXPLANATIONS.some(([pattern]) => pattern.test(name)),
  );
  if (foreign.length > 0) throw unexpectedTensors(foreign, checkpoint.directory);
}

function unexpectedTensors(names: readonly string[], directory: string): UnexpectedTensorsError {
  const explanation = EXPLANATIONS.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1];
  return new UnexpectedTensorsError(names, directory, explanation ?? OTHERWISE);
}

function isUnusedVisionLayer(name: string, visionLayerCount: number): boolean {
  const layer = VISION_LAYER.exec(name)?.[1];
  return layer !== undefined && Number(layer) >= visionLayerCount;
}
