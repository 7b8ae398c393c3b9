import { UnexpectedTensorsError } from '../errors/index.js';
import { type Checkpoint } from './checkpoint.js';

/** Buffers that old exports carry; they follow from the configuration. */
const IGNORED = [/\.rotary_emb\.inv_freq$/, /\.position_ids$/];
const VISION_LAYER = /^(?:vision_model\.encoder\.layers|vision_tower\.encoder\.layer)\.(\d+)\./;

/** Kinds of checkpoint that are told by the names of their tensors. */
const EXPLANATIONS: readonly [pattern: RegExp, explanation: string][] = [
  [
    /lora_|\.base_layer\.|base_model\.model\.|\.modules_to_save\./,
    'They are of a LoRA that is not merged: merge it first, InternVL has internvl_chat/tools/merge_lora.py for that.',
  ],
  [
    /\.experts\.|\.router\.|\.mlp\.gate\.weight$/,
    'They are of a mixture of experts, which is not supported: convert a dense model of the same generation.',
  ],
  [
    /^(?:model\.)?(?:pooling_before_gating|gating|mlp2)\./,
    'They are of a Flash model, which is not supported: convert the model of the same name without Flash.',
  ],
  [
    /\.(?:qweight|qzeros|g_idx|scales|weight_scale(?:_inv)?|weight_packed|absmax|quant_map|SCB)$/,
    'They are of a quantised checkpoint (AWQ, GPTQ, FP8, bitsandbytes): convert the one it was made from, with --precision int8 or int4.',
  ],
];
const OTHERWISE =
  'The checkpoint is of another architecture than its config.json says: take weights and config.json from one download of a supported model.';

/**
 * Every tensor must have been asked for, save those that cannot matter: an unknown one means mathematics that would be
 * left out. Throws {@link UnexpectedTensorsError}.
 * @param visionLayerCount layers of the vision encoder that are used; later ones are left out on purpose.
 */
export function refuseUnexpectedTensors(checkpoint: Checkpoint, visionLayerCount: number): void {
  const unexpected = checkpoint.untakenTensorNames.filter(
    (name) => !IGNORED.some((pattern) => pattern.test(name)) && !isUnusedVisionLayer(name, visionLayerCount),
  );
  if (unexpected.length > 0) throw unexpectedTensors(unexpected, checkpoint);
}

/** Many foreign kinds lack tensors as well: their own error says more than a missing name. */
export function refuseForeignTensors(checkpoint: Checkpoint): void {
  const foreign = checkpoint.tensorNames.filter((name) =>
    EXPLANATIONS.some(([pattern]) => pattern.test(name)),
  );
  if (foreign.length > 0) throw unexpectedTensors(foreign, checkpoint);
}

function unexpectedTensors(names: readonly string[], checkpoint: Checkpoint): UnexpectedTensorsError {
  const explanation = EXPLANATIONS.find(([pattern]) => names.some((name) => pattern.test(name)))?.[1];
  return new UnexpectedTensorsError(names, checkpoint.fileOf(names[0] as string), explanation ?? OTHERWISE);
}

function isUnusedVisionLayer(name: string, visionLayerCount: number): boolean {
  const layer = VISION_LAYER.exec(name)?.[1];
  return layer !== undefined && Number(layer) >= visionLayerCount;
}
