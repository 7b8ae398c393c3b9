import { GraphBuilder, type Value } from '@tessera/onnx';
import { type ModelConfig } from '../config/model-config.js';
import { type MatrixFormat, type WeightFormats } from '../formats/weight-formats.js';
import { type VisionWeights } from '../weights/vision-weights.js';
import { type Emission } from './emission.js';
import {
  emitCast,
  emitGelu,
  emitLayerNorm,
  emitLinear,
  emitReshape,
  emitTranspose,
  emitWeight,
} from './layers.js';
import { emitEncoderLayer } from './vision-encoder-layer.js';

/** PyTorch's LayerNorm default; the projector does not take the vision encoder's epsilon. */
const PROJECTOR_EPSILON = 1e-5;

/** Sizes that the vision graph derives from a configuration. */
export interface VisionShape {
  readonly tileSizePixels: number;
  /** ViT patches along a tile's side. */
  readonly patchesPerSide: number;
  /** Image tokens a tile, after pixel shuffle. */
  readonly tokensPerTile: number;
  /** Layers up to the one whose output is used. */
  readonly layerCount: number;
}

/**
 * The vision encoder (InternViT), pixel shuffle and projector.
 * Input: `tiles` uint8 [tiles, 3, size, size]. Output: `image_features` in the activations' type,
 * [tiles, tokensPerTile, languageHiddenSize].
 */
export function buildVisionGraph(
  weights: VisionWeights,
  config: ModelConfig,
  shape: VisionShape,
  formats: WeightFormats,
): GraphBuilder {
  const graph = new GraphBuilder('vision');
  const emission: Emission = { graph, activations: formats.activations };
  const { tileSizePixels: size, tokensPerTile } = shape;
  const tiles = graph.input('tiles', 'uint8', ['tiles', 3, size, size]);
  let hidden = emitEmbeddings(emission, weights, config, normalisePixels(emission, config, tiles));
  for (let index = 0; index < shape.layerCount; index++) {
    const layer = { config: config.vision, weights: weights.layer(index), format: formats.vision };
    hidden = emitEncoderLayer(emission, `layers.${index}`, hidden, layer);
  }
  const shuffled = emitPixelShuffle(graph, config, hidden, shape);
  emitProjector(emission, weights, shuffled, formats.vision);
  graph.output('image_features', formats.activations, ['tiles', tokensPerTile, config.language.hiddenSize]);
  return graph;
}

/** (pixel / 255 - mean) / std as one multiplication and one addition in float32. */
function normalisePixels({ graph, activations }: Emission, { tiles }: ModelConfig, pixels: Value): Value {
  const { pixelMean, pixelStd } = tiles;
  const scale = Float32Array.from(pixelStd, (std) => 1 / (255 * std));
  const shift = Float32Array.from(pixelStd, (std, channel) => -(pixelMean[channel] as number) / std);
  const perChannel = (name: string, values: Float32Array): Value =>
    graph.constant(name, 'float32', [1, 3, 1, 1], values);
  const floats = emitCast(graph, 'pixels/float', pixels, 'float32');
  const scaled = graph.node('Mul', [floats, perChannel('pixels/scale', scale)], { name: 'pixels/scaled' });
  const normalised = graph.node('Add', [scaled, perChannel('pixels/shift', shift)], {
    name: 'pixels/normalised',
  });
  return activations === 'float32' ? normalised : emitCast(graph, 'pixels/cast', normalised, activations);
}

/** Patch embedding as a matrix product, class token first, position embedding added. */
function emitEmbeddings(
  emission: Emission,
  weights: VisionWeights,
  { vision }: ModelConfig,
  pixels: Value,
): Value {
  const { graph } = emission;
  const { hiddenSize: width, patchSizePixels: patch, imageSizePixels: size } = vision;
  const side = size / patch;
  const grid = emitReshape(graph, 'patches/grid', pixels, [-1, 3, side, patch, side, patch]);
  const rows = emitTranspose(graph, 'patches/rows', grid, [0, 2, 4, 1, 3, 5]);
  const flat = emitReshape(graph, 'patches/flat', rows, [-1, side * side, 3 * patch * patch]);
  const patches = emitLinear(emission, 'patches/embedded', flat, {
    ...weights.patchEmbedding,
    format: { kind: 'float' },
  });
  const classToken = emitWeight(emission, 'class_token', weights.classEmbedding);
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
  const positions = emitWeight(emission, 'position_embedding', weights.positionEmbedding);
  return graph.node('Add', [tokens, positions], { name: 'embeddings' });
}

/**
 * Drops the class token and joins each 2 x 2 block of patches into one image token.
 * `ps_version` v1 leaves the token grid transposed, every other value does not.
 */
function emitPixelShuffle(
  graph: GraphBuilder,
  { vision, pixelShuffleVersion }: ModelConfig,
  hidden: Value,
  shape: VisionShape,
): Value {
  const width = vision.hiddenSize;
  const half = shape.patchesPerSide / 2;
  const bounds = {
    start: graph.int64s('patch_tokens/start', [1]),
    end: graph.int64s('patch_tokens/end', [1 + shape.patchesPerSide ** 2]),
    axis: graph.int64s('patch_tokens/axis', [1]),
  };
  const patches = graph.node('Slice', [hidden, bounds.start, bounds.end, bounds.axis], {
    name: 'patch_tokens',
  });
  const blocks = emitReshape(graph, 'pixel_shuffle/blocks', patches, [-1, half, 2, half, 2, width]);
  const axes = pixelShuffleVersion === 'v1' ? [0, 3, 1, 2, 4, 5] : [0, 1, 3, 2, 4, 5];
  const shuffled = emitTranspose(graph, 'pixel_shuffle/transposed', blocks, axes);
  return emitReshape(graph, 'pixel_shuffle', shuffled, [-1, shape.tokensPerTile, 4 * width]);
}

function emitProjector(
  emission: Emission,
  { projector }: VisionWeights,
  features: Value,
  format: MatrixFormat,
): void {
  const { weight, bias } = projector.norm;
  const parameters = { weight, bias, epsilon: PROJECTOR_EPSILON };
  const normed = emitLayerNorm(emission, 'projector/norm', features, parameters);
  const first = emitLinear(emission, 'projector/linear1', normed, { ...projector.linear1, format });
  const activated = emitGelu(emission.graph, 'projector/gelu', first);
  emitLinear(emission, 'image_features', activated, { ...projector.linear2, format });
}
