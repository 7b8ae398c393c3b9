import { type LanguageConfig } from './config/model-config.js';
import { UnsupportedArchitectureError } from './errors/index.js';

/**
 * What the reference keeps in bfloat16 as it rotates. Its tables, where it computes them once, in the type of the weights:
 * all released weights are bfloat16, so these families have been trained and run with tables of that type. Its frequencies,
 * where a whole model was cast to bfloat16 and back, as some recorded outputs were made.
 */
export type RopeRounding = 'none' | 'tables' | 'frequencies';

/**
 * Rotary position embedding of a model: sizes of its tables, and what they are filled from.
 *
 * Long rope has two sets of factors; their tables are stacked, short first. A sequence uses rows `position` while it is no
 * longer than `originalContextTokens` and rows `rowOffset + position` from then on.
 */
export interface RopePlan {
  readonly rows: number;
  /** Half the head size. */
  readonly columns: number;
  readonly theta: number;
  /** Multiplies cosines and sines. */
  readonly scale: number;
  readonly rounding: RopeRounding;
  readonly parts: readonly { readonly rows: number; readonly factors: readonly number[] }[];
  /** Absent for models with a single set of factors. */
  readonly longRope?: { readonly originalContextTokens: number; readonly rowOffset: number };
}

/**
 * `dynamic` changes frequencies only past the context (`max_position_embeddings`), which no sequence of the engine
 * exceeds: within it the rotation is the plain one.
 */
const PLAIN_ROPE_TYPES = ['default', 'dynamic'];
/** Spellings of long rope in released configurations. */
const LONG_ROPE_TYPES = ['su', 'longrope'];

/** Rotation for every position of the model's context. Throws {@link UnsupportedArchitectureError}. */
export function planRope(config: LanguageConfig, headSize: number, rounding: RopeRounding): RopePlan {
  const columns = headSize / 2;
  const { type, theta } = config.rope;
  const rows = config.contextTokens;
  if (PLAIN_ROPE_TYPES.includes(type)) {
    const factors = Array<number>(columns).fill(1);
    return { rows, columns, theta, scale: 1, rounding, parts: [{ rows, factors }] };
  }
  if (LONG_ROPE_TYPES.includes(type)) return planLongRope(config, columns);
  const supported = [...PLAIN_ROPE_TYPES, ...LONG_ROPE_TYPES].join(', ');
  throw new UnsupportedArchitectureError('rope_scaling', type, supported);
}

/** Source of the formulas: InternVL's `modeling_phi3.py`. */
function planLongRope(
  { rope, contextTokens, originalContextTokens }: LanguageConfig,
  columns: number,
): RopePlan {
  const short = factorsOf(rope.shortFactors, 'rope_scaling.short_factor', columns);
  const long = factorsOf(rope.longFactors, 'rope_scaling.long_factor', columns);
  const original = originalContextTokens;
  if (original === undefined) {
    throw new UnsupportedArchitectureError(
      'original_max_position_embeddings',
      'absent',
      'a length, where rope_scaling has two sets of factors',
    );
  }
  return {
    rows: original + contextTokens,
    columns,
    theta: rope.theta,
    scale: attentionScale(contextTokens / original, original),
    rounding: 'none',
    parts: [
      { rows: original, factors: short },
      { rows: contextTokens, factors: long },
    ],
    longRope: { originalContextTokens: original, rowOffset: original },
  };
}

function factorsOf(
  factors: readonly number[] | undefined,
  setting: string,
  columns: number,
): readonly number[] {
  if (factors?.length === columns) return factors;
  const given = factors === undefined ? 'absent' : `${factors.length} factors`;
  throw new UnsupportedArchitectureError(setting, given, `${columns} factors, half the head size`);
}

/** sqrt(1 + ln(s) / ln(original)): multiplies cosines and sines at every length, short ones too. */
function attentionScale(stretch: number, originalContextTokens: number): number {
  return stretch <= 1 ? 1 : Math.sqrt(1 + Math.log(stretch) / Math.log(originalContextTokens));
}

/**
 * One table of a rotation, [rows, columns].
 * @param wave Math.cos or Math.sin
 */
export function fillRopeTable(plan: RopePlan, wave: (angle: number) => number): Float32Array<ArrayBuffer> {
  const { rows, columns, theta, scale, parts } = plan;
  const table = new Float32Array(rows * columns);
  let index = 0;
  for (const part of parts) {
    const frequencies = Float32Array.from(part.factors, (factor, i) =>
      inverseFrequency(factor, theta, i / columns),
    );
    if (plan.rounding === 'frequencies') roundToBfloat16(frequencies);
    for (let position = 0; position < part.rows; position++) {
      for (const frequency of frequencies) {
        table[index++] = Math.fround(wave(Math.fround(position * frequency))) * scale;
      }
    }
  }
  if (plan.rounding === 'tables') roundToBfloat16(table);
  return table;
}

/** Rounds in place to the nearest bfloat16, ties to even. */
function roundToBfloat16(values: Float32Array<ArrayBuffer>): void {
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < bits.length; i++) {
    const value = bits[i] as number;
    bits[i] = (value + 0x7fff + ((value >>> 16) & 1)) & 0xffff0000;
  }
}

/** 1 / (factor * theta^(2i/d)), rounded to float32 at every step as PyTorch does. */
function inverseFrequency(factor: number, theta: number, exponent: number): number {
  const power = Math.fround(theta ** Math.fround(exponent));
  return Math.fround(1 / Math.fround(Math.fround(factor) * power));
}
