import { type Checkpoint } from '../checkpoint/checkpoint.js';
import { type ModelConfig } from '../config/model-config.js';
import { type Linear } from './linear.js';
import { type VisionLayerWeights, type VisionWeights } from './vision-weights.js';
import { stackRows } from './weight.js';

/** InternViT and projector as transformers stores them. Source: `models/internvl/modeling_internvl.py` there. */
export function nativeVisionWeights(config: ModelConfig, checkpoint: Checkpoint): VisionWeights {
  const { vision, language } = config;
  const { hiddenSize: width, patchSizePixels: patch } = vision;
  const positions = 1 + (vision.imageSizePixels / patch) ** 2;
  const embeddings = 'vision_tower.embeddings';
  const projector = 'multi_modal_projector';
  const joined = width / config.downsampleRatio ** 2;
  const linear = (name: string, outputs: number, inputs: number): Linear => ({
    weight: checkpoint.tensor(`${projector}.${name}.weight`, [outputs, inputs]),
    bias: checkpoint.tensor(`${projector}.${name}.bias`, [outputs]),
  });
  return {
    classEmbedding: checkpoint.tensor(`${embeddings}.cls_token`, [1, 1, width]),
    patchEmbedding: {
      weight: checkpoint.tensor(`${embeddings}.patch_embeddings.projection.weight`, [width, 3, patch, patch]),
      bias: checkpoint.tensor(`${embeddings}.patch_embeddings.projection.bias`, [width]),
    },
    positionEmbedding: checkpoint.tensor(`${embeddings}.position_embeddings`, [1, positions, width]),
    layer: (index) => layer(config, checkpoint, `vision_tower.encoder.layer.${index}`),
    projector: {
      norm: {
        weight: checkpoint.tensor(`${projector}.layer_norm.weight`, [joined]),
        bias: checkpoint.tensor(`${projector}.layer_norm.bias`, [joined]),
      },
      linear1: linear('linear_1', language.hiddenSize, joined),
      linear2: linear('linear_2', language.hiddenSize, language.hiddenSize),
    },
  };
}

function layer({ vision }: ModelConfig, checkpoint: Checkpoint, prefix: string): VisionLayerWeights {
  const { hiddenSize: width, intermediateSize: inner } = vision;
  const vector = (name: string, length = width) => checkpoint.tensor(`${prefix}.${name}`, [length]);
  const matrix = (name: string, dims: [outputs: number, inputs: number]) =>
    checkpoint.tensor(`${prefix}.${name}.weight`, dims);
  const linear = (name: string, dims: [outputs: number, inputs: number]): Linear => ({
    weight: matrix(name, dims),
    bias: vector(`${name}.bias`, dims[0]),
  });
  const norm = (name: string) => ({
    weight: vector(`${name}.weight`),
    ...(vision.normType === 'layer_norm' && { bias: vector(`${name}.bias`) }),
  });
  const parts = ['q', 'k', 'v'].map((part) => `attention.${part}_proj`);
  return {
    norm1: norm('layernorm_before'),
    qkv: {
      weight: stackRows(parts.map((part) => matrix(part, [width, width]))),
      ...(vision.qkvBias && { bias: stackRows(parts.map((part) => vector(`${part}.bias`))) }),
    },
    ...(vision.qkNormEpsilon !== undefined && {
      qkNorms: { query: vector('attention.q_norm.weight'), key: vector('attention.k_norm.weight') },
    }),
    projection: linear('attention.projection_layer', [width, width]),
    scale1: vector('lambda_1'),
    norm2: norm('layernorm_after'),
    fc1: linear('mlp.fc1', [inner, width]),
    fc2: linear('mlp.fc2', [width, inner]),
    scale2: vector('lambda_2'),
  };
}
