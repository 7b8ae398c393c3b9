import { type Checkpoint } from '../checkpoint/checkpoint.js';
import { type LanguageConfig, type ModelConfig } from '../config/model-config.js';
import { UnsupportedArchitectureError } from '../errors/index.js';
import { type RopeRounding } from '../rope-tables.js';
import { type DecoderFamily, type DecoderLayerWeights, type DecoderShape } from './decoder-family.js';
import { internLm2Weights } from './internlm2.js';
import { type Linear } from './linear.js';
import { llamaWeights } from './llama.js';
import { phi3Weights } from './phi3.js';
import { type Weight } from './weight.js';

/** A language model's weights, whatever family they are of. */
export interface DecoderWeights {
  readonly shape: DecoderShape;
  /** [vocabulary, hidden] */
  readonly embedding: Weight;
  readonly finalNorm: Weight;
  readonly head: Linear;
  readonly ropeRounding: RopeRounding;
  layer(index: number): DecoderLayerWeights;
}

/** Language models by their class in transformers. */
const FAMILIES: ReadonlyMap<string, DecoderFamily> = new Map([
  ['Phi3ForCausalLM', phi3Weights],
  ['InternLM2ForCausalLM', internLm2Weights],
  ['LlamaForCausalLM', llamaWeights({ cachesRopeTables: true })],
  ['Qwen2ForCausalLM', llamaWeights({ qkvBias: true, cachesRopeTables: true })],
  ['Qwen3ForCausalLM', llamaWeights({ headNorms: true, defaultHeadSize: 128, cachesRopeTables: false })],
]);

function findFamily({ family }: LanguageConfig): DecoderFamily {
  const found = FAMILIES.get(family);
  if (found !== undefined) return found;
  throw new UnsupportedArchitectureError('language model', family, [...FAMILIES.keys()].join(', '));
}

/** Throws {@link UnsupportedArchitectureError} for a family that is not known. */
export function decoderWeights({ language, layout }: ModelConfig, checkpoint: Checkpoint): DecoderWeights {
  const family = findFamily(language);
  const shape = decoderShape(language, family, checkpoint.rowCount(family.embedding));
  const table = [shape.vocabularySize, shape.hiddenSize];
  const embedding = checkpoint.tensor(family.embedding, table);
  const tied = !checkpoint.has(family.head) && language.tiedEmbeddings !== false;
  return {
    shape,
    embedding,
    finalNorm: checkpoint.tensor(family.finalNorm, [shape.hiddenSize]),
    head: { weight: tied ? embedding : checkpoint.tensor(family.head, table) },
    ropeRounding: layout === 'chat' && family.cachesRopeTables ? 'tables' : 'none',
    layer: (index) =>
      family.layer({ checkpoint, config: language, shape, prefix: `language_model.model.layers.${index}` }),
  };
}

/** Throws {@link UnsupportedArchitectureError} for sizes that no attention can have. */
function decoderShape(config: LanguageConfig, family: DecoderFamily, vocabularySize: number): DecoderShape {
  const { hiddenSize, headCount } = config;
  const headSize = config.headSize ?? family.defaultHeadSize ?? hiddenSize / headCount;
  if (!Number.isInteger(headSize / 2)) {
    const given = `${headSize}, of ${headCount} heads and hidden_size ${hiddenSize}`;
    throw new UnsupportedArchitectureError('head_dim', given, 'an even number');
  }
  return {
    hiddenSize,
    intermediateSize: config.intermediateSize,
    layerCount: config.layerCount,
    headCount,
    keyValueHeadCount: config.keyValueHeadCount,
    headSize,
    vocabularySize,
    normEpsilon: config.normEpsilon,
  };
}
