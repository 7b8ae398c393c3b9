import { GraphBuilder, MICROSOFT_DOMAIN, type Value } from '@tessera/onnx';
import { type Checkpoint } from '../checkpoint/checkpoint.js';
import { type CheckpointConfig } from '../checkpoint/checkpoint-config.js';
import {
  emitGelu,
  emitLayerNorm,
  emitLinear,
  emitReshape,
  emitSplit,
  emitTranspose,
  emitWeight,
} from './layers.js';

/** ImageNet statistics, which all InternVL models normalise with (`IMAGENET_MEAN`, `IMAGENET_STD` of the reference). */
export const PIXEL_MEAN = [0.485, 0.456, 0.406] as const;
export const PIXEL_STD = [0.229, 0.224, 0.225] as const;

/** PyTorch's LayerNorm default; the projector does not take the vision encoder's epsilon. */
const PROJECTOR_EPSILON = 1e-5;

/** Sizes that the vision graph derives from a configuration. */
export interface VisionShape {
  readonly tileSizePixels: number;
  /** ViT patches along a tile's side. */
  readonly patchesPerSide: number;
  /** Image tokens a tile, after pixel shuffle. */
  readonly tokensPerTile: number;
  readonly languageHiddenSize: number;
}

/**
 * The vision encoder (InternViT), pixel shuffle and projector.
 * Input: `tiles` uint8 [tiles, 3, size, size]. Output: `image_features` float32 [tiles, tokensPerTile, languageHiddenSize].
 */
export function buildVisionGraph(
  checkpoint: Checkpoint,
  config: CheckpointConfig,
  shape: VisionShape,
): GraphBuilder {
  const graph = new GraphBuilder('vision');
  const { tileSizePixels: size, tokensPerTile, languageHiddenSize } = shape;
  const tiles = graph.input('tiles', 'uint8', ['tiles', 3, size, size]);
  let hidden = emitEmbeddings(graph, checkpoint, config, normalisePixels(graph, tiles));
  for (let layer = 0; layer < encoderLayerCount(config); layer++) {
    hidden = emitEncoderLayer(graph, checkpoint, config, { layer, input: hidden });
  }
  emitProjector(graph, checkpoint, config, {
    features: emitPixelShuffle(graph, config, hidden, shape),
    languageHiddenSize,
  });
  graph.output('image_features', 'float32', ['tiles', tokensPerTile, languageHiddenSize]);
  return graph;
}

/** Layers up to the one whose output `select_layer` takes: -1 is the last, -2 the one before. */
function encoderLayerCount({ vision_config, select_layer }: CheckpointConfig): number {
  return select_layer < 0 ? vision_config.num_hidden_layers + 1 + select_layer : select_layer;
}

/** (pixel / 255 - mean) / std as one multiplication and one addition. */
function normalisePixels(graph: GraphBuilder, tiles: Value): Value {
  const scale = Float32Array.from(PIXEL_STD, (std) => 1 / (255 * std));
  const shift = Float32Array.from(PIXEL_STD, (std, channel) => -(PIXEL_MEAN[channel] as number) / std);
  const pixels = graph.node('Cast', [tiles], { name: 'pixels/float', attributes: { to: { int: 1 } } });
  const scaled = graph.node('Mul', [pixels, graph.constant('pixels/scale', 'float32', [1, 3, 1, 1], scale)], {
    name: 'pixels/scaled',
  });
  return graph.node('Add', [scaled, graph.constant('pixels/shift', 'float32', [1, 3, 1, 1], shift)], {
    name: 'pixels/normalised',
  });
}

/** Patch embedding as a matrix product, class token first, position embedding added. */
function emitEmbeddings(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  config: CheckpointConfig,
  pixels: Value,
): Value {
  const { hidden_size: width, patch_size: patch, image_size: size } = config.vision_config;
  const side = size / patch;
  const prefix = 'vision_model.embeddings';
  const grid = emitReshape(graph, 'patches/grid', pixels, [-1, 3, side, patch, side, patch]);
  const rows = emitTranspose(graph, 'patches/rows', grid, [0, 2, 4, 1, 3, 5]);
  const flat = emitReshape(graph, 'patches/flat', rows, [-1, side * side, 3 * patch * patch]);
  const patches = emitLinear(graph, 'patches/embedded', flat, {
    weight: checkpoint.tensor(`${prefix}.patch_embedding.weight`, [width, 3, patch, patch]),
    bias: checkpoint.tensor(`${prefix}.patch_embedding.bias`, [width]),
  });
  const classToken = emitWeight(graph, checkpoint.tensor(`${prefix}.class_embedding`, [1, 1, width]));
  const tileCount = graph.node('Shape', [patches], {
    name: 'tile_count',
    attributes: { start: { int: 0 }, end: { int: 1 } },
  });
  const classShape = graph.node('Concat', [tileCount, graph.int64s('class_token/inner', [1, width])], {
    name: 'class_token/shape',
    attributes: { axis: { int: 0 } },
  });
  const classTokens = graph.node('Expand', [classToken, classShape], { name: 'class_token/expanded' });
  const tokens = graph.node('Concat', [classTokens, patches], {
    name: 'tokens',
    attributes: { axis: { int: 1 } },
  });
  const positions = checkpoint.tensor(`${prefix}.position_embedding`, [1, 1 + side * side, width]);
  return graph.node('Add', [tokens, emitWeight(graph, positions)], { name: 'embeddings' });
}

/** x + ls1 * attention(norm1(x)), then x + ls2 * mlp(norm2(x)). */
function emitEncoderLayer(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  config: CheckpointConfig,
  { layer, input }: { layer: number; input: Value },
): Value {
  const { hidden_size: width, intermediate_size: inner, layer_norm_eps: epsilon } = config.vision_config;
  const prefix = `vision_model.encoder.layers.${layer}`;
  const path = `layers.${layer}`;
  const vector = (name: string, length = width) => checkpoint.tensor(`${prefix}.${name}`, [length]);
  const norm = (name: string, value: Value): Value =>
    emitLayerNorm(graph, `${path}/${name}`, value, {
      weight: vector(`${name}.weight`),
      bias: vector(`${name}.bias`),
      epsilon,
    });
  const addScaled = (name: string, residual: Value, branch: Value): Value => {
    const scaled = graph.node('Mul', [branch, emitWeight(graph, vector(name))], { name: `${path}/${name}` });
    return graph.node('Add', [residual, scaled], { name: `${path}/${name}/residual` });
  };
  const attention = emitAttention(graph, checkpoint, config, { path, prefix, input: norm('norm1', input) });
  const attended = addScaled('ls1', input, attention);
  const expanded = emitLinear(graph, `${path}/mlp/fc1`, norm('norm2', attended), {
    weight: checkpoint.tensor(`${prefix}.mlp.fc1.weight`, [inner, width]),
    bias: vector('mlp.fc1.bias', inner),
  });
  const contracted = emitLinear(graph, `${path}/mlp/fc2`, emitGelu(graph, `${path}/mlp/gelu`, expanded), {
    weight: checkpoint.tensor(`${prefix}.mlp.fc2.weight`, [width, inner]),
    bias: vector('mlp.fc2.bias'),
  });
  return addScaled('ls2', attended, contracted);
}

function emitAttention(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  config: CheckpointConfig,
  { path, prefix, input }: { path: string; prefix: string; input: Value },
): Value {
  const { hidden_size: width, num_attention_heads: heads } = config.vision_config;
  const qkv = emitLinear(graph, `${path}/attention/qkv`, input, {
    weight: checkpoint.tensor(`${prefix}.attn.qkv.weight`, [3 * width, width]),
    bias: checkpoint.tensor(`${prefix}.attn.qkv.bias`, [3 * width]),
  });
  const [query, key, value] = emitSplit(graph, `${path}/attention/split`, qkv, {
    names: ['query', 'key', 'value'],
    sizes: [width, width, width],
  });
  const context = graph.node('MultiHeadAttention', [query, key, value], {
    name: `${path}/attention`,
    domain: MICROSOFT_DOMAIN,
    attributes: { num_heads: { int: heads } },
  });
  return emitLinear(graph, `${path}/attention/projection`, context, {
    weight: checkpoint.tensor(`${prefix}.attn.proj.weight`, [width, width]),
    bias: checkpoint.tensor(`${prefix}.attn.proj.bias`, [width]),
  });
}

/**
 * Drops the class token and joins each 2 x 2 block of patches into one image token.
 * `ps_version` v1 leaves the token grid transposed, every other value does not.
 */
function emitPixelShuffle(
  graph: GraphBuilder,
  config: CheckpointConfig,
  hidden: Value,
  shape: VisionShape,
): Value {
  const width = config.vision_config.hidden_size;
  const half = shape.patchesPerSide / 2;
  const patches = graph.node(
    'Slice',
    [
      hidden,
      graph.int64s('patch_tokens/start', [1]),
      graph.int64s('patch_tokens/end', [1 + shape.patchesPerSide ** 2]),
      graph.int64s('patch_tokens/axis', [1]),
    ],
    { name: 'patch_tokens' },
  );
  const blocks = emitReshape(graph, 'pixel_shuffle/blocks', patches, [-1, half, 2, half, 2, width]);
  const axes = config.ps_version === 'v1' ? [0, 3, 1, 2, 4, 5] : [0, 1, 3, 2, 4, 5];
  const shuffled = emitTranspose(graph, 'pixel_shuffle/transposed', blocks, axes);
  return emitReshape(graph, 'pixel_shuffle', shuffled, [-1, shape.tokensPerTile, 4 * width]);
}

function emitProjector(
  graph: GraphBuilder,
  checkpoint: Checkpoint,
  config: CheckpointConfig,
  { features, languageHiddenSize: hidden }: { features: Value; languageHiddenSize: number },
): void {
  const width = 4 * config.vision_config.hidden_size;
  const normed = emitLayerNorm(graph, 'projector/norm', features, {
    weight: checkpoint.tensor('mlp1.0.weight', [width]),
    bias: checkpoint.tensor('mlp1.0.bias', [width]),
    epsilon: PROJECTOR_EPSILON,
  });
  const first = emitLinear(graph, 'projector/linear1', normed, {
    weight: checkpoint.tensor('mlp1.1.weight', [hidden, width]),
    bias: checkpoint.tensor('mlp1.1.bias', [hidden]),
  });
  emitLinear(graph, 'image_features', emitGelu(graph, 'projector/gelu', first), {
    weight: checkpoint.tensor('mlp1.3.weight', [hidden, hidden]),
    bias: checkpoint.tensor('mlp1.3.bias', [hidden]),
  });
}
