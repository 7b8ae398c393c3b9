import { GraphBuilder } from '@tessera/onnx';
import { type Checkpoint } from './checkpoint/checkpoint.js';
import { refuseForeignTensors, refuseUnexpectedTensors } from './checkpoint/unexpected-tensors.js';
import { type ModelConfig } from './config/model-config.js';
import { usedLayerCount } from './config/used-layers.js';
import { UnsupportedArchitectureError } from './errors/index.js';
import { type WeightFormats } from './formats/weight-formats.js';
import { buildDecoderGraph } from './graphs/decoder-graph.js';
import { buildVisionGraph, type VisionShape } from './graphs/vision-graph.js';
import { planRope, type RopePlan, type RopeRounding } from './rope-tables.js';
import { type DecoderShape } from './weights/decoder-family.js';
import { type DecoderWeights, decoderWeights } from './weights/decoder-weights.js';
import { visionWeights } from './weights/read-vision-weights.js';

/** A conversion that can be carried out: every tensor is there in the right shape, none is left over. */
export interface ConversionPlan {
  readonly vision: VisionShape;
  readonly decoder: DecoderShape;
  readonly template: string;
  readonly longRope: RopePlan['longRope'];
  /** Graphs by file name, in the order in which they are written. Their weights have not been read. */
  readonly graphs: {
    readonly vision: GraphBuilder;
    readonly decoder: GraphBuilder;
    /** Where prompts have number formats of their own; it borrows what it has in common with the decoder. */
    readonly prefill?: GraphBuilder;
  };
}

export interface PlanOptions {
  readonly formats: WeightFormats;
  /** In place of what the family's reference rounds. */
  readonly ropeRounding?: RopeRounding | undefined;
}

/**
 * Checks a checkpoint against its configuration and lays out the graphs; weights are not read. Throws
 * {@link UnsupportedArchitectureError} for what is not implemented, and errors that name what is missing or wrong.
 */
export function planConversion(
  config: ModelConfig,
  checkpoint: Checkpoint,
  { formats, ropeRounding }: PlanOptions,
): ConversionPlan {
  refuseForeignTensors(checkpoint);
  refuseUnsupported(config);
  const vision = describeVision(config);
  const language = decoderWeights(config, checkpoint);
  const rope = planRope(config.language, language.shape.headSize, ropeRounding ?? language.ropeRounding);
  const graphs = {
    vision: buildVisionGraph(visionWeights(config, checkpoint), config, vision, formats),
    ...buildLanguageGraphs(language, rope, formats),
  };
  refuseUnexpectedTensors(checkpoint, vision.layerCount);
  return {
    vision,
    decoder: language.shape,
    template: templateOf(config),
    longRope: rope.longRope,
    graphs,
  };
}

function buildLanguageGraphs(
  weights: DecoderWeights,
  rope: RopePlan,
  formats: WeightFormats,
): Pick<ConversionPlan['graphs'], 'decoder' | 'prefill'> {
  const decoder = buildDecoderGraph(weights, rope, formats);
  if (formats.prefill === undefined) return { decoder };
  const prefill = new GraphBuilder('prefill', { graph: decoder, modelName: 'decoder' });
  buildDecoderGraph(weights, rope, { ...formats, languageModel: formats.prefill }, prefill);
  return { decoder, prefill };
}

/** Settings that change the mathematics and are not implemented: each is refused rather than ignored. */
function refuseUnsupported(config: ModelConfig): void {
  const [first] = config.unsupported;
  if (first !== undefined) throw new UnsupportedArchitectureError(...first);
  const { vision, language } = config;
  const rules: [setting: string, given: string, supported: readonly string[]][] = [
    ['downsample_ratio', String(config.downsampleRatio), ['0.5']],
    ['vision_config.norm_type', vision.normType, ['layer_norm', 'rms_norm']],
    ['vision_config.hidden_act', vision.activation, ['gelu']],
    ['hidden_act', language.activation, ['silu']],
    ['partial_rotary_factor', String(language.rope.rotatedShare), ['1']],
  ];
  for (const [setting, given, supported] of rules) {
    if (supported.includes(given)) continue;
    throw new UnsupportedArchitectureError(setting, given, supported.join(', '));
  }
  const window = language.slidingWindowTokens;
  if (window !== undefined && window < language.contextTokens) {
    throw new UnsupportedArchitectureError('sliding_window', String(window), 'none within the context');
  }
}

function describeVision({ vision, tiles, downsampleRatio }: ModelConfig): VisionShape {
  const patchesPerSide = vision.imageSizePixels / vision.patchSizePixels;
  if (!Number.isInteger(patchesPerSide * downsampleRatio)) {
    const given = `${vision.imageSizePixels} with patches of ${vision.patchSizePixels}`;
    throw new UnsupportedArchitectureError('vision_config.image_size', given, 'an even number of patches');
  }
  return {
    tileSizePixels: tiles.sizePixels,
    patchesPerSide,
    tokensPerTile: (patchesPerSide * downsampleRatio) ** 2,
    layerCount: usedLayerCount(vision),
  };
}

function templateOf({ template }: ModelConfig): string {
  if (template !== undefined) return template;
  throw new UnsupportedArchitectureError('template', 'absent', 'the name of a conversation template');
}
