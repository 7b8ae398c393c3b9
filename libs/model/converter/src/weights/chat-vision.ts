import { type Checkpoint } from '../checkpoint/checkpoint.js';
import { type ModelConfig } from '../config/model-config.js';
import { type Linear } from './linear.js';
import { type VisionLayerWeights, type VisionWeights } from './vision-weights.js';

/** InternViT and projector in InternVL's own layout. Source: `modeling_intern_vit.py`, `modeling_internvl_chat.py`. */
export function chatVisionWeights(config: ModelConfig, checkpoint: Checkpoint): VisionWeights {
  const { vision, language } = config;
  const { hiddenSize: width, patchSizePixels: patch } = vision;
  const positions = 1 + (vision.imageSizePixels / patch) ** 2;
  const embeddings = 'vision_model.embeddings';
  const joined = width / config.downsampleRatio ** 2;
  const linear = (name: string, outputs: number, inputs: number): Linear => ({
    weight: checkpoint.tensor(`${name}.weight`, [outputs, inputs]),
    bias: checkpoint.tensor(`${name}.bias`, [outputs]),
  });
  return {
    classEmbedding: checkpoint.tensor(`${embeddings}.class_embedding`, [1, 1, width]),
    patchEmbedding: {
      weight: checkpoint.tensor(`${embeddings}.patch_embedding.weight`, [width, 3, patch, patch]),
      bias: checkpoint.tensor(`${embeddings}.patch_embedding.bias`, [width]),
    },
    positionEmbedding: checkpoint.tensor(`${embeddings}.position_embedding`, [1, positions, width]),
    layer: (index) => layer(config, checkpoint, `vision_model.encoder.layers.${index}`),
    projector: {
      norm: {
        weight: checkpoint.tensor('mlp1.0.weight', [joined]),
        bias: checkpoint.tensor('mlp1.0.bias', [joined]),
      },
      linear1: linear('mlp1.1', language.hiddenSize, joined),
      linear2: linear('mlp1.3', language.hiddenSize, language.hiddenSize),
    },
  };
}

function layer({ vision }: ModelConfig, checkpoint: Checkpoint, prefix: string): VisionLayerWeights {
  const { hiddenSize: width, intermediateSize: inner } = vision;
  const vector = (name: string, length = width) => checkpoint.tensor(`${prefix}.${name}`, [length]);
  const linear = (name: string, dims: [outputs: number, inputs: number], biased = true): Linear => ({
    weight: checkpoint.tensor(`${prefix}.${name}.weight`, dims),
    ...(biased && { bias: vector(`${name}.bias`, dims[0]) }),
  });
  const norm = (name: string) => ({
    weight: vector(`${name}.weight`),
    ...(vision.normType === 'layer_norm' && { bias: vector(`${name}.bias`) }),
  });
  return {
    norm1: norm('norm1'),
    qkv: linear('attn.qkv', [3 * width, width], vision.qkvBias),
    ...(vision.qkNormEpsilon !== undefined && {
      qkNorms: { query: vector('attn.q_norm.weight'), key: vector('attn.k_norm.weight') },
    }),
    projection: linear('attn.proj', [width, width]),
    scale1: vector('ls1'),
    norm2: norm('norm2'),
    fc1: linear('mlp.fc1', [inner, width]),
    fc2: linear('mlp.fc2', [width, inner]),
    scale2: vector('ls2'),
  };
}
