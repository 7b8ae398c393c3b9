import { copyFile, mkdir, open, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Sizes of a Phi-3 checkpoint whose weights are random. */
export interface RandomShape {
  readonly name: string;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly intermediate: number;
  readonly vocabulary: number;
  /** Side of a tile; a tile has (side / 28)² image tokens. */
  readonly tileSize: number;
  readonly contextTokens: number;
}

/** The shape of models/tessera-tiny. */
export const TINY_SHAPE: RandomShape = {
  name: 'shape of tessera-tiny (160 wide, 5 layers)',
  hidden: 160,
  layers: 5,
  heads: 5,
  intermediate: 448,
  vocabulary: 736,
  tileSize: 112,
  contextTokens: 4096,
};

/** A decoder large enough that its matrices, not calls, take the time; tiles and image tokens as in the released models. */
export const MIDDLE_SHAPE: RandomShape = {
  name: '1024 wide, 8 layers, 8,192 tokens of vocabulary',
  hidden: 1024,
  layers: 8,
  heads: 16,
  intermediate: 4096,
  vocabulary: 8192,
  tileSize: 448,
  contextTokens: 16_384,
};

const tiny = path.join(import.meta.dirname, '..', '..', '..', 'models', 'tessera-tiny');
const TOKENIZER_FILES = [
  'tokenizer.model',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
];
const VISION_WIDTH = 112;
const VISION_LAYERS = 2;

type Tensors = [name: string, shape: number[]][];

/** Writes a checkpoint in the public layout, with the tokenizer of tessera-tiny. The same shape gives the same bytes. */
export async function writeRandomCheckpoint(directory: string, shape: RandomShape): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const file of TOKENIZER_FILES) await copyFile(path.join(tiny, file), path.join(directory, file));
  await writeFile(path.join(directory, 'config.json'), JSON.stringify(await configOf(shape)));
  await writeWeights(path.join(directory, 'model.safetensors'), [
    ...languageTensors(shape),
    ...visionTensors(shape),
  ]);
}

async function configOf(shape: RandomShape): Promise<unknown> {
  const config = JSON.parse(await readFile(path.join(tiny, 'config.json'), 'utf8')) as {
    llm_config: { rope_scaling: object };
    vision_config: object;
  };
  const factors = (longest: number): number[] =>
    Array.from({ length: shape.hidden / shape.heads / 2 }, (_, i) => 1 + (i * longest) / 16);
  const language = {
    ...config.llm_config,
    hidden_size: shape.hidden,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.heads,
    num_key_value_heads: shape.heads,
    intermediate_size: shape.intermediate,
    max_position_embeddings: shape.contextTokens,
    original_max_position_embeddings: shape.contextTokens / 4,
    rope_scaling: { ...config.llm_config.rope_scaling, short_factor: factors(0.1), long_factor: factors(5) },
  };
  const vision = { ...config.vision_config, image_size: shape.tileSize, num_hidden_layers: VISION_LAYERS };
  return {
    ...config,
    force_image_size: shape.tileSize,
    max_dynamic_patch: 12,
    llm_config: language,
    vision_config: vision,
  };
}

function languageTensors({ hidden, layers, intermediate, vocabulary }: RandomShape): Tensors {
  const prefix = 'language_model.model';
  const perLayer = Array.from({ length: layers }, (_, layer): Tensors => {
    const path = `${prefix}.layers.${layer}`;
    return [
      [`${path}.input_layernorm.weight`, [hidden]],
      [`${path}.post_attention_layernorm.weight`, [hidden]],
      [`${path}.self_attn.qkv_proj.weight`, [3 * hidden, hidden]],
      [`${path}.self_attn.o_proj.weight`, [hidden, hidden]],
      [`${path}.mlp.gate_up_proj.weight`, [2 * intermediate, hidden]],
      [`${path}.mlp.down_proj.weight`, [hidden, intermediate]],
    ];
  });
  return [
    [`${prefix}.embed_tokens.weight`, [vocabulary, hidden]],
    [`${prefix}.norm.weight`, [hidden]],
    ['language_model.lm_head.weight', [vocabulary, hidden]],
    ...perLayer.flat(),
  ];
}

function visionTensors({ hidden, tileSize }: RandomShape): Tensors {
  const width = VISION_WIDTH;
  const embeddings = 'vision_model.embeddings';
  const perLayer = Array.from({ length: VISION_LAYERS }, (_, layer): Tensors => {
    const path = `vision_model.encoder.layers.${layer}`;
    const vectors = [
      'norm1.weight',
      'norm1.bias',
      'norm2.weight',
      'norm2.bias',
      'ls1',
      'ls2',
      'attn.proj.bias',
      'mlp.fc2.bias',
    ];
    return [
      ...vectors.map((name): [string, number[]] => [`${path}.${name}`, [width]]),
      [`${path}.attn.qkv.weight`, [3 * width, width]],
      [`${path}.attn.qkv.bias`, [3 * width]],
      [`${path}.attn.proj.weight`, [width, width]],
      [`${path}.mlp.fc1.weight`, [4 * width, width]],
      [`${path}.mlp.fc1.bias`, [4 * width]],
      [`${path}.mlp.fc2.weight`, [width, 4 * width]],
    ];
  });
  return [
    [`${embeddings}.class_embedding`, [1, 1, width]],
    [`${embeddings}.patch_embedding.weight`, [width, 3, 14, 14]],
    [`${embeddings}.patch_embedding.bias`, [width]],
    [`${embeddings}.position_embedding`, [1, 1 + (tileSize / 14) ** 2, width]],
    ['mlp1.0.weight', [4 * width]],
    ['mlp1.0.bias', [4 * width]],
    ['mlp1.1.weight', [hidden, 4 * width]],
    ['mlp1.1.bias', [hidden]],
    ['mlp1.3.weight', [hidden, hidden]],
    ['mlp1.3.bias', [hidden]],
    ...perLayer.flat(),
  ];
}

const elementsOf = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

async function writeWeights(file: string, tensors: Tensors): Promise<void> {
  let end = 0;
  const entries = tensors.map(([name, shape]) => {
    const begin = end;
    end += 2 * elementsOf(shape);
    return [name, { dtype: 'BF16', shape, data_offsets: [begin, end] }] as const;
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const handle = await open(file, 'w');
  try {
    await handle.write(Buffer.concat([length, header]));
    for (const [name, shape] of tensors) {
      const isNorm = /norm\d?\.weight$|ls\d$|mlp1\.0\.weight$/.test(name);
      for (let left = elementsOf(shape); left > 0; left -= NOISE.length) {
        await handle.write(isNorm ? ONES.subarray(0, left) : NOISE.subarray(0, left));
      }
    }
  } finally {
    await handle.close();
  }
}

/** bf16 values between -0.06 and 0.06, from a fixed seed; a weight repeats them. */
const NOISE = makeNoise(1_000_003);
const ONES = new Uint16Array(NOISE.length).fill(0x3f80);

function makeNoise(length: number): Uint16Array {
  const noise = new Uint16Array(length);
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  let state = 12_345;
  for (let index = 0; index < length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    float[0] = (state / 2 ** 32 - 0.5) * 0.12;
    noise[index] = (bits[0] as number) >>> 16;
  }
  return noise;
}
