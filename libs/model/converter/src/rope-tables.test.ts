import { describe, expect, it } from 'vitest';
import { type LanguageConfig } from './checkpoint/checkpoint-config.js';
import { UnsupportedArchitectureError } from './errors.js';
import { buildRopeTables, type RopeTables } from './rope-tables.js';

const config: LanguageConfig = {
  architectures: ['Phi3ForCausalLM'],
  hidden_size: 3072,
  intermediate_size: 8192,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  rms_norm_eps: 1e-5,
  rope_theta: 10_000,
  max_position_embeddings: 131_072,
};
const HEAD_SIZE = 8;
const long = {
  ...config,
  max_position_embeddings: 64,
  original_max_position_embeddings: 16,
  rope_scaling: { type: 'su', short_factor: [1, 1, 1, 1], long_factor: [1, 2, 4, 8] },
};

const row = ({ columns }: RopeTables, table: Float32Array, index: number): number[] =>
  Array.from(table.subarray(index * columns, (index + 1) * columns));

describe('buildRopeTables', () => {
  it('has one row a position and angles position / theta^(2i/d)', () => {
    const tables = buildRopeTables({ ...config, max_position_embeddings: 32 }, HEAD_SIZE);
    expect([tables.rows, tables.columns, tables.longRope]).toEqual([32, 4, undefined]);
    expect(row(tables, tables.cosines, 0)).toEqual([1, 1, 1, 1]);
    const angles = [5, 0.5, 0.05, 0.005];
    for (const [column, angle] of angles.entries()) {
      expect(row(tables, tables.sines, 5)[column]).toBeCloseTo(Math.sin(angle), 6);
      expect(row(tables, tables.cosines, 5)[column]).toBeCloseTo(Math.cos(angle), 6);
    }
  });

  it('stacks the short table and the long one, each position of the context in the latter', () => {
    const tables = buildRopeTables(long, HEAD_SIZE);
    expect(tables.rows).toBe(16 + 64);
    expect(tables.longRope).toEqual({ originalContextTokens: 16, rowOffset: 16 });
    const scale = Math.sqrt(1 + Math.log(4) / Math.log(16));
    for (const [column, factor] of [1, 2, 4, 8].entries()) {
      const angle = 3 / 10_000 ** (column / 4);
      expect(row(tables, tables.cosines, 3)[column]).toBeCloseTo(scale * Math.cos(angle), 5);
      expect(row(tables, tables.cosines, 16 + 3)[column]).toBeCloseTo(scale * Math.cos(angle / factor), 5);
    }
  });

  it('scales Phi-3-mini-128k at every length by 1.19023807', () => {
    const phi3 = { ...long, max_position_embeddings: 131_072, original_max_position_embeddings: 4096 };
    const tables = buildRopeTables(phi3, HEAD_SIZE);
    expect(tables.cosines[0]).toBeCloseTo(1.1902380714238083, 6);
    expect(tables.cosines[4096 * 4]).toBeCloseTo(1.1902380714238083, 6);
  });

  it.each([
    ['a kind that is not implemented', { ...long, rope_scaling: { ...long.rope_scaling, type: 'yarn' } }],
    ['a missing list of factors', { ...long, rope_scaling: { type: 'su', short_factor: [1, 1, 1, 1] } }],
    ['a missing original context', { ...config, rope_scaling: long.rope_scaling }],
    [
      'factors for another head size',
      { ...long, rope_scaling: { ...long.rope_scaling, long_factor: [1, 2] } },
    ],
  ])('refuses %s', (_, broken) => {
    expect(() => buildRopeTables(broken, HEAD_SIZE)).toThrow(UnsupportedArchitectureError);
  });
});
