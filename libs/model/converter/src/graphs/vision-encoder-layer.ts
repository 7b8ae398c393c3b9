import { MICROSOFT_DOMAIN, type Value } from '@tessera/onnx';
import { type VisionConfig } from '../config/model-config.js';
import { type MatrixFormat } from '../formats/weight-formats.js';
import { type Norm, type VisionLayerWeights } from '../weights/vision-weights.js';
import { type Emission } from './emission.js';
import { emitGelu, emitLayerNorm, emitLinear, emitRmsNorm, emitSplit, emitWeight } from './layers.js';

/** A layer's weights and how to use them. */
export interface EncoderLayer {
  readonly config: VisionConfig;
  readonly weights: VisionLayerWeights;
  readonly format: MatrixFormat;
}

/** x + scale1 * attention(norm1(x)), then x + scale2 * mlp(norm2(x)). */
export function emitEncoderLayer(emission: Emission, path: string, input: Value, layer: EncoderLayer): Value {
  const { graph } = emission;
  const { config, weights, format } = layer;
  const norm = (name: string, value: Value, parameters: Norm): Value =>
    emitNorm(emission, `${path}/${name}`, value, { ...parameters, epsilon: config.normEpsilon });
  const addScaled = (name: 'scale1' | 'scale2', residual: Value, branch: Value): Value => {
    const scale = emitWeight(emission, `${path}/${name}.weight`, weights[name]);
    const scaled = graph.node('Mul', [branch, scale], { name: `${path}/${name}` });
    return graph.node('Add', [residual, scaled], { name: `${path}/${name}/residual` });
  };
  const attention = emitAttention(emission, `${path}/attention`, norm('norm1', input, weights.norm1), layer);
  const attended = addScaled('scale1', input, attention);
  const normed = norm('norm2', attended, weights.norm2);
  const expanded = emitLinear(emission, `${path}/mlp/fc1`, normed, { ...weights.fc1, format });
  const activated = emitGelu(graph, `${path}/mlp/gelu`, expanded);
  const contracted = emitLinear(emission, `${path}/mlp/fc2`, activated, { ...weights.fc2, format });
  return addScaled('scale2', attended, contracted);
}

function emitNorm(
  emission: Emission,
  name: string,
  input: Value,
  { weight, bias, epsilon }: Norm & { epsilon: number },
): Value {
  return bias === undefined
    ? emitRmsNorm(emission, name, input, { weight, epsilon })
    : emitLayerNorm(emission, name, input, { weight, bias, epsilon });
}

function emitAttention(
  emission: Emission,
  path: string,
  input: Value,
  { config, weights, format }: EncoderLayer,
): Value {
  const { graph } = emission;
  const width = config.hiddenSize;
  const qkv = emitLinear(emission, `${path}/qkv`, input, { ...weights.qkv, format });
  const [query, key, value] = emitSplit(graph, `${path}/split`, qkv, {
    names: ['query', 'key', 'value'],
    sizes: [width, width, width],
  });
  const normed = emitQkNorms(emission, path, [query, key], { config, weights });
  const context = graph.node('MultiHeadAttention', [...normed, value], {
    name: path,
    domain: MICROSOFT_DOMAIN,
    attributes: { num_heads: { int: config.headCount } },
  });
  return emitLinear(emission, `${path}/projection`, context, { ...weights.projection, format });
}

/** RMS norm of queries and of keys over all heads together, where the encoder has them (InternViT-6B). */
function emitQkNorms(
  emission: Emission,
  path: string,
  [query, key]: [Value, Value],
  { config, weights }: Pick<EncoderLayer, 'config' | 'weights'>,
): [Value, Value] {
  const { qkNorms } = weights;
  const epsilon = config.qkNormEpsilon;
  if (qkNorms === undefined || epsilon === undefined) return [query, key];
  return [
    emitRmsNorm(emission, `${path}/query_norm`, query, { weight: qkNorms.query, epsilon }),
    emitRmsNorm(emission, `${path}/key_norm`, key, { weight: qkNorms.key, epsilon }),
  ];
}
