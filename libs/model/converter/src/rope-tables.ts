import { type LanguageConfig } from './checkpoint/checkpoint-config.js';
import { UnsupportedArchitectureError } from './errors.js';

/**
 * Cosines and sines of rotary position embedding, [rows, headSize / 2].
 *
 * Long rope has two sets of factors; their tables are stacked, short first. A sequence uses rows
 * `position` while it is no longer than `longRopeFrom` tokens and rows `longRopeOffset + position` from then on.
 */
export interface RopeTables {
  readonly rows: number;
  readonly columns: number;
  readonly cosines: Float32Array;
  readonly sines: Float32Array;
  /** Absent for models with a single set of factors. */
  readonly longRope?: { readonly originalContextTokens: number; readonly rowOffset: number };
}

/** Spellings of long rope in released configurations. */
const LONG_ROPE_TYPES = ['su', 'longrope'];

/** Tables for every position of the model's context. Source of the formulas: InternVL's `modeling_phi3.py`. */
export function buildRopeTables(config: LanguageConfig, headSize: number): RopeTables {
  const columns = headSize / 2;
  const scaling = config.rope_scaling;
  const context = config.max_position_embeddings;
  if (scaling === null || scaling === undefined) {
    return fillTables(
      columns,
      [{ rows: context, factors: Array<number>(columns).fill(1) }],
      config.rope_theta,
      1,
    );
  }
  const type = scaling.type ?? scaling.rope_type ?? 'none';
  const { short_factor: short, long_factor: long } = scaling;
  const original = config.original_max_position_embeddings;
  if (
    !LONG_ROPE_TYPES.includes(type) ||
    short === undefined ||
    long === undefined ||
    original === undefined
  ) {
    throw new UnsupportedArchitectureError(
      'llm_config.rope_scaling',
      type,
      'none, su, longrope with both factor lists',
    );
  }
  for (const [name, factors] of Object.entries({ short_factor: short, long_factor: long })) {
    if (factors.length === columns) continue;
    const setting = `llm_config.rope_scaling.${name}`;
    throw new UnsupportedArchitectureError(
      setting,
      `${factors.length} factors`,
      `${columns}, half the head size`,
    );
  }
  const parts = [
    { rows: original, factors: short },
    { rows: context, factors: long },
  ];
  const tables = fillTables(columns, parts, config.rope_theta, attentionScale(context / original, original));
  return { ...tables, longRope: { originalContextTokens: original, rowOffset: original } };
}

/** sqrt(1 + ln(s) / ln(original)): multiplies cosines and sines at every length, short ones too. */
function attentionScale(stretch: number, originalContextTokens: number): number {
  return stretch <= 1 ? 1 : Math.sqrt(1 + Math.log(stretch) / Math.log(originalContextTokens));
}

function fillTables(
  columns: number,
  parts: readonly { rows: number; factors: readonly number[] }[],
  theta: number,
  scale: number,
): RopeTables {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const cosines = new Float32Array(rows * columns);
  const sines = new Float32Array(rows * columns);
  let index = 0;
  for (const part of parts) {
    const frequencies = part.factors.map((factor, i) => inverseFrequency(factor, theta, i / columns));
    for (let position = 0; position < part.rows; position++) {
      for (const frequency of frequencies) {
        const angle = Math.fround(position * frequency);
        cosines[index] = Math.fround(Math.cos(angle)) * scale;
        sines[index++] = Math.fround(Math.sin(angle)) * scale;
      }
    }
  }
  return { rows, columns, cosines, sines };
}

/** 1 / (factor * theta^(2i/d)), rounded to float32 at every step as PyTorch does. */
function inverseFrequency(factor: number, theta: number, exponent: number): number {
  const power = Math.fround(theta ** Math.fround(exponent));
  return Math.fround(1 / Math.fround(Math.fround(factor) * power));
}
