import { type LanguageShape } from '../../../tools/random-checkpoint/checkpoint-shape.js';
import { type GgufTensor, type GgufValue, writeGguf } from './gguf-writer.js';
import { BLOCK_LAYOUTS, type BlockType, countBytes, makeRandomBlocks } from './random-blocks.js';

export type GgufFormat = 'Q4_0' | 'Q8_0';

/** llama.cpp's own quantiser leaves the output layer of a Q4_0 file in 6 bits. */
const HEAD_TYPE: Record<GgufFormat, BlockType> = { Q4_0: 'Q6_K', Q8_0: 'Q8_0' };
const FLOAT32 = 0;
const ORDINARY_TOKEN = 1;
/** `general.file_type` */
const FILE_TYPE: Record<GgufFormat, number> = { Q4_0: 2, Q8_0: 7 };

/** Writes a Phi-3 of this shape with random weights in llama.cpp's format. */
export async function writeRandomGguf(file: string, shape: LanguageShape, format: GgufFormat): Promise<void> {
  await writeGguf(file, toMetadata(shape, format), listTensors(shape, format));
}

function toMetadata(shape: LanguageShape, format: GgufFormat): Record<string, GgufValue> {
  const uint32 = (value: number): GgufValue => ({ type: 'uint32', value });
  const tokens = Array.from({ length: shape.vocabulary }, (_, id) => `<token ${id}>`);
  return {
    'general.architecture': { type: 'string', value: 'phi3' },
    'general.file_type': uint32(FILE_TYPE[format]),
    'phi3.context_length': uint32(shape.contextTokens),
    'phi3.embedding_length': uint32(shape.hidden),
    'phi3.feed_forward_length': uint32(shape.intermediate),
    'phi3.block_count': uint32(shape.layers),
    'phi3.attention.head_count': uint32(shape.heads),
    'phi3.attention.head_count_kv': uint32(shape.kvHeads),
    'phi3.attention.layer_norm_rms_epsilon': { type: 'float32', value: shape.normEpsilon },
    'phi3.rope.dimension_count': uint32(shape.hidden / shape.heads),
    'phi3.rope.freq_base': { type: 'float32', value: shape.ropeTheta },
    'tokenizer.ggml.model': { type: 'string', value: 'llama' },
    'tokenizer.ggml.tokens': { type: 'strings', value: tokens },
    'tokenizer.ggml.scores': { type: 'float32s', value: tokens.map(() => 0) },
    'tokenizer.ggml.token_type': { type: 'int32s', value: tokens.map(() => ORDINARY_TOKEN) },
  };
}

function listTensors(shape: LanguageShape, format: GgufFormat): GgufTensor[] {
  const { hidden, intermediate, heads, kvHeads, vocabulary } = shape;
  let seed = 0;
  const matrix = (name: string, columns: number, rows: number, type: BlockType = format): GgufTensor => {
    const bytes = countBytes(type, columns, rows);
    const ownSeed = seed++;
    return {
      name: `${name}.weight`,
      sizes: [columns, rows],
      type: BLOCK_LAYOUTS[type].type,
      bytes,
      make: () => makeRandomBlocks(type, bytes, ownSeed),
    };
  };
  const norm = (name: string): GgufTensor => ({
    name: `${name}.weight`,
    sizes: [hidden],
    type: FLOAT32,
    bytes: 4 * hidden,
    make: () => new Uint8Array(new Float32Array(hidden).fill(1).buffer),
  });
  const queryKeyValueRows = (hidden / heads) * (heads + 2 * kvHeads);
  const layers = Array.from({ length: shape.layers }, (_, layer) => [
    norm(`blk.${layer}.attn_norm`),
    matrix(`blk.${layer}.attn_qkv`, hidden, queryKeyValueRows),
    matrix(`blk.${layer}.attn_output`, hidden, hidden),
    norm(`blk.${layer}.ffn_norm`),
    matrix(`blk.${layer}.ffn_up`, hidden, 2 * intermediate),
    matrix(`blk.${layer}.ffn_down`, intermediate, hidden),
  ]);
  return [
    matrix('token_embd', hidden, vocabulary),
    ...layers.flat(),
    norm('output_norm'),
    matrix(
      'output',
      hidden,
      vocabulary,
      hidden % BLOCK_LAYOUTS.Q6_K.values === 0 ? HEAD_TYPE[format] : 'Q8_0',
    ),
  ];
}
