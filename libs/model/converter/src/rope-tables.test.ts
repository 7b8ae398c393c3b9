import { describe, expect, it } from 'vitest';
import { type LanguageConfig } from './config/model-config.js';
import { UnsupportedArchitectureError } from './errors/index.js';
import { fillRopeTable, planRope, type RopePlan } from './rope-tables.js';

type RopeTables = Record<'cosines' | 'sines', Float32Array>;

const fillBoth = (plan: RopePlan): RopeTables => ({
  cosines: fillRopeTable(plan, Math.cos),
  sines: fillRopeTable(plan, Math.sin),
});

const rope = {
  theta: 10_000,
  rotatedShare: 1,
  type: 'default',
  shortFactors: undefined,
  longFactors: undefined,
};
const config: LanguageConfig = {
  family: 'Phi3ForCausalLM',
  hiddenSize: 3072,
  intermediateSize: 8192,
  layerCount: 32,
  headCount: 32,
  keyValueHeadCount: 32,
  headSize: undefined,
  normEpsilon: 1e-5,
  activation: 'silu',
  rope,
  contextTokens: 131_072,
  originalContextTokens: undefined,
  slidingWindowTokens: undefined,
  attentionBias: undefined,
  tiedEmbeddings: undefined,
};
const HEAD_SIZE = 8;
const longRope = { ...rope, type: 'su', shortFactors: [1, 1, 1, 1], longFactors: [1, 2, 4, 8] };
const long = { ...config, contextTokens: 64, originalContextTokens: 16, rope: longRope };

const build = (language: LanguageConfig): RopePlan & RopeTables => {
  const plan = planRope(language, HEAD_SIZE, 'none');
  return { ...plan, ...fillBoth(plan) };
};
const row = ({ columns }: RopePlan, table: Float32Array, index: number): number[] =>
  Array.from(table.subarray(index * columns, (index + 1) * columns));

describe('tables of rotary position embedding', () => {
  it('has one row a position and angles position / theta^(2i/d)', () => {
    const tables = build({ ...config, contextTokens: 32 });
    expect([tables.rows, tables.columns, tables.longRope]).toEqual([32, 4, undefined]);
    expect(row(tables, tables.cosines, 0)).toEqual([1, 1, 1, 1]);
    const angles = [5, 0.5, 0.05, 0.005];
    for (const [column, angle] of angles.entries()) {
      expect(row(tables, tables.sines, 5)[column]).toBeCloseTo(Math.sin(angle), 6);
      expect(row(tables, tables.cosines, 5)[column]).toBeCloseTo(Math.cos(angle), 6);
    }
  });

  it('stacks the short table and the long one, each position of the context in the latter', () => {
    const tables = build(long);
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
    const phi3 = { ...long, contextTokens: 131_072, originalContextTokens: 4096 };
    const tables = build(phi3);
    expect(tables.cosines[0]).toBeCloseTo(1.1902380714238083, 6);
    expect(tables.cosines[4096 * 4]).toBeCloseTo(1.1902380714238083, 6);
  });

  it('rotates plainly within the context where scaling is dynamic', () => {
    const plain = build({ ...config, contextTokens: 32 });
    const dynamic = build({ ...config, contextTokens: 32, rope: { ...rope, type: 'dynamic' } });
    expect(dynamic.cosines).toEqual(plain.cosines);
  });

  it('keeps the upper half of a float32 where the reference has bfloat16 tables', () => {
    const plan = planRope({ ...config, contextTokens: 8 }, HEAD_SIZE, 'tables');
    const { cosines, sines } = fillBoth(plan);
    const bits = new Uint32Array(Float32Array.of(...cosines, ...sines).buffer);
    expect(bits.filter((value) => (value & 0xffff) !== 0)).toHaveLength(0);
    // cos 1 = 0.5403, sin 1 = 0.84147: the nearest multiples of 2^-8.
    expect([cosines[4], sines[4]]).toEqual([0.5390625, 0.83984375]);
  });

  it.each([
    ['a kind that is not implemented', { ...long, rope: { ...longRope, type: 'yarn' } }],
    ['a missing list of factors', { ...long, rope: { ...longRope, longFactors: undefined } }],
    ['a missing original context', { ...long, originalContextTokens: undefined }],
    ['factors for another head size', { ...long, rope: { ...longRope, longFactors: [1, 2] } }],
  ])('refuses %s', (_, broken) => {
    expect(() => planRope(broken, HEAD_SIZE, 'none')).toThrow(UnsupportedArchitectureError);
  });
});
