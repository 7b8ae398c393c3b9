import { type VisionShape } from './checkpoint-shape.js';
import { factor, matrix, offset, type TensorSpec } from './tensor-spec.js';

const PATCH_SIZE = 14;
/** Of a trained encoder: its layers add little to the residual each. */
const LAYER_SCALE = 0.1;

/** `vision_model.*` of InternViT. It has no norm after its last layer. */
export function listVisionTensors(shape: VisionShape): TensorSpec[] {
  const prefix = 'vision_model.embeddings';
  const positions = 1 + (shape.tileSize / PATCH_SIZE) ** 2;
  return [
    offset(`${prefix}.class_embedding`, 1, 1, shape.hidden),
    offset(`${prefix}.position_embedding`, 1, positions, shape.hidden),
    matrix(`${prefix}.patch_embedding.weight`, shape.hidden, 3, PATCH_SIZE, PATCH_SIZE),
    offset(`${prefix}.patch_embedding.bias`, shape.hidden),
    ...Array.from({ length: shape.layers }, (_, layer) => listLayer(shape, layer)).flat(),
  ];
}

function listLayer({ hidden, intermediate, isNormalised }: VisionShape, layer: number): TensorSpec[] {
  const prefix = `vision_model.encoder.layers.${layer}`;
  const norm = (name: string): TensorSpec[] => [
    factor(`${prefix}.${name}.weight`, hidden),
    ...(isNormalised ? [] : [offset(`${prefix}.${name}.bias`, hidden)]),
  ];
  const attention = `${prefix}.attn`;
  return [
    factor(`${prefix}.ls1`, hidden, LAYER_SCALE),
    factor(`${prefix}.ls2`, hidden, LAYER_SCALE),
    matrix(`${attention}.qkv.weight`, 3 * hidden, hidden),
    ...(isNormalised
      ? [factor(`${attention}.q_norm.weight`, hidden), factor(`${attention}.k_norm.weight`, hidden)]
      : [offset(`${attention}.qkv.bias`, 3 * hidden)]),
    matrix(`${attention}.proj.weight`, hidden, hidden),
    offset(`${attention}.proj.bias`, hidden),
    matrix(`${prefix}.mlp.fc1.weight`, intermediate, hidden),
    offset(`${prefix}.mlp.fc1.bias`, intermediate),
    matrix(`${prefix}.mlp.fc2.weight`, hidden, intermediate),
    offset(`${prefix}.mlp.fc2.bias`, hidden),
    ...norm('norm1'),
    ...norm('norm2'),
  ];
}

/** `mlp1.*`: the projector from the vision encoder to the language model. Its third part is GELU, which has no weights. */
export function listProjectorTensors(visionHidden: number, languageHidden: number): TensorSpec[] {
  const shuffled = 4 * visionHidden;
  return [
    factor('mlp1.0.weight', shuffled),
    offset('mlp1.0.bias', shuffled),
    matrix('mlp1.1.weight', languageHidden, shuffled),
    offset('mlp1.1.bias', languageHidden),
    matrix('mlp1.3.weight', languageHidden, languageHidden),
    offset('mlp1.3.bias', languageHidden),
  ];
}
