import { describe, expect, it } from 'vitest';
import { Candidates } from './candidates.js';
import { GenerationParameterError, LogitsNotFiniteError } from './errors.js';
import { LogProbabilities } from './log-probabilities.js';
import { TokenHistory } from './penalties.js';
import { processScores } from './process-scores.js';
import { isPlainGreedy, resolveSampling, type SamplingParams } from './sampling-params.js';
import { SplitMix64 } from './split-mix-64.js';
import { TokenSampler } from './token-sampler.js';

const sampler = (
  size: number,
  params: SamplingParams,
  { seed = 1n, bosTokenId }: { seed?: bigint; bosTokenId?: number } = {},
): TokenSampler =>
  new TokenSampler({
    sampling: resolveSampling(params),
    seed,
    candidates: new Candidates(size),
    bosTokenId,
  });

const draw = (logits: Float32Array, params: SamplingParams, count: number, seed = 1n): number[] => {
  const chosen = sampler(logits.length, params, { seed });
  return Array.from({ length: count }, () => chosen.choose(logits));
};

const softmax = (logits: Float32Array, temperature: number): number[] => {
  const best = Math.max(...logits);
  const weights = Array.from(logits, (value) => Math.exp((value - best) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
};

describe('SplitMix64', () => {
  it('is the published generator', () => {
    const random = new SplitMix64(1234567n);
    expect(Array.from({ length: 5 }, () => random.nextBits())).toEqual([
      6457827717110365317n,
      3203168211198807973n,
      9817491932198370423n,
      4593380528125082431n,
      16408922859458223821n,
    ]);
  });

  it('makes fractions from 0 up to but not 1, evenly, for neighbouring seeds alike', () => {
    const bins = new Array<number>(64).fill(0);
    for (let seed = 0n; seed < 6400n; seed++) {
      const fraction = new SplitMix64(seed).nextFraction();
      expect(fraction >= 0 && fraction < 1).toBe(true);
      bins[Math.floor(fraction * 64)]!++;
    }
    const chiSquare = bins.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0);
    // 63 degrees of freedom: 0.1 % of even distributions exceed this.
    expect(chiSquare).toBeLessThan(103.4);
  });
});

describe('TokenSampler', () => {
  const logits = Float32Array.from([1, -1, 2.5, 0, 2, -3, 0.5, 1.5]);

  it.each([
    { temperature: 1, seed: 1n },
    { temperature: 0.6, seed: 2n },
    { temperature: 1.7, seed: 3n },
  ])('draws with the probabilities of the softmax at temperature $temperature', ({ temperature, seed }) => {
    const draws = 20_000;
    const counts = new Array<number>(logits.length).fill(0);
    for (const id of draw(logits, { temperature }, draws, seed)) counts[id]!++;
    const chiSquare = softmax(logits, temperature).reduce(
      (sum, probability, id) =>
        sum + ((counts[id] as number) - draws * probability) ** 2 / (draws * probability),
      0,
    );
    // 7 degrees of freedom: 0.1 % of true samples exceed this.
    expect(chiSquare).toBeLessThan(24.3);
  });

  it('draws the same tokens from the same seed and others from another', () => {
    const first = draw(logits, { temperature: 1 }, 50, 7n);
    expect(draw(logits, { temperature: 1 }, 50, 7n)).toEqual(first);
    expect(draw(logits, { temperature: 1 }, 50, 8n)).not.toEqual(first);
  });

  it('is not disturbed by a sampler that shares its memory', () => {
    const candidates = new Candidates(logits.length);
    const options = {
      sampling: resolveSampling({ temperature: 1, topP: 0.8, presencePenalty: 0.5 }),
      candidates,
    };
    const alone = draw(logits, { temperature: 1, topP: 0.8, presencePenalty: 0.5 }, 40, 5n);
    const [one, other] = [5n, 6n].map(
      (seed) => new TokenSampler({ ...options, seed, bosTokenId: undefined }),
    );
    const together = Array.from({ length: 40 }, () => {
      other?.choose(logits.toReversed());
      return one?.choose(logits);
    });
    expect(together).toEqual(alone);
  });

  it('takes the best token at temperature 0, the lowest id of equals, and after penalties', () => {
    expect(draw(Float32Array.from([0, 3, 3, 1]), {}, 3)).toEqual([1, 1, 1]);
    expect(draw(Float32Array.from([0, 3, 3, 1]), { temperature: 1e-9 }, 2)).toEqual([1, 1]);
    expect(draw(Float32Array.from([0, 3, 2.5, 1]), { presencePenalty: 1 }, 4)).toEqual([1, 2, 1, 1]);
    expect(draw(Float32Array.from([0, 3, 2.5, 1]), { frequencyPenalty: 1 }, 5)).toEqual([1, 2, 1, 2, 1]);
  });

  it('counts a BOS token for the repetition penalty only', () => {
    const values = Float32Array.from([4, 3]);
    const choose = (params: SamplingParams): number => sampler(2, params, { bosTokenId: 0 }).choose(values);
    expect(choose({ repetitionPenalty: 2 })).toBe(1);
    expect(choose({ presencePenalty: 2 })).toBe(0);
  });

  it('leaves the logits as they are', () => {
    const values = logits.slice();
    draw(values, { temperature: 0.5, topK: 3, repetitionPenalty: 1.5 }, 5);
    expect(values).toEqual(logits);
  });

  it('draws the only token that is left when all others are impossible', () => {
    expect(draw(Float32Array.from([-Infinity, 0, -Infinity]), { temperature: 1, topP: 0.5 }, 3)).toEqual([
      1, 1, 1,
    ]);
  });

  it('refuses to draw from logits that are no numbers', () => {
    for (const values of [
      [NaN, 1],
      [NaN, NaN],
      [Infinity, 0],
      [-Infinity, -Infinity],
    ]) {
      expect(() => draw(Float32Array.from(values), { temperature: 1 }, 1)).toThrow(LogitsNotFiniteError);
    }
  });

  it('keeps exactly what a full sort keeps, whatever the logits', () => {
    const random = new SplitMix64(99n);
    for (let round = 0; round < 200; round++) {
      const size = 1 + Math.floor(random.nextFraction() * 300);
      const spread = [0, 0.01, 1, 5, 60][round % 5] as number;
      const values = Float32Array.from({ length: size }, () =>
        round % 3 === 0 ? Math.floor(random.nextFraction() * 6) * spread : random.nextFraction() * spread,
      );
      const p = 0.02 + 0.97 * random.nextFraction();
      const k = 1 + Math.floor(random.nextFraction() * size);
      const ranked = Array.from(values.keys()).sort(
        (a, b) => (values[b] as number) - (values[a] as number) || a - b,
      );
      const kth = values[ranked[k - 1] as number] as number;
      const afterK = ranked.filter((id) => (values[id] as number) >= kth);
      const probabilities = softmax(
        Float32Array.from(afterK, (id) => values[id] as number),
        1,
      );
      let before = 0;
      const afterP = afterK.filter((_, rank) => {
        const isKept = rank === 0 || before < p;
        before += probabilities[rank] as number;
        return isKept;
      });
      const candidates = new Candidates(size);
      candidates.load(values);
      processScores(candidates, resolveSampling({ temperature: 1, topK: k, topP: p }), new TokenHistory());
      const kept = [...candidates.ids.subarray(0, candidates.count)];
      expect(kept).toEqual(afterP.toSorted((a, b) => a - b));
    }
  });
});

describe('resolveSampling', () => {
  it.each<[keyof SamplingParams, unknown[], unknown[]]>([
    ['temperature', [0, 2], [-0.1, 2.1, NaN, Infinity, 'hot']],
    ['topK', [1, 100_000], [0, -1, 1.5, NaN]],
    ['topP', [0, 1], [-0.1, 1.1, NaN]],
    ['minP', [0, 1], [-0.1, 1.1, NaN]],
    ['repetitionPenalty', [0.1, 10], [0, -1, 10.1, NaN]],
    ['presencePenalty', [-2, 2], [-2.1, 2.1, NaN]],
    ['frequencyPenalty', [-2, 2], [-2.1, 2.1, NaN]],
    [
      'seed',
      [0, -1, 2 ** 53 - 1, 2n ** 64n - 1n, -(2n ** 63n)],
      [1.5, 2 ** 53, 2n ** 64n, -(2n ** 63n) - 1n, NaN],
    ],
  ])(
    'takes %s within its limits and names the field, the limit and the value outside',
    (field, good, bad) => {
      const wireName = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      for (const value of good) expect(() => resolveSampling({ [field]: value })).not.toThrow();
      for (const value of bad) {
        const refused = (): unknown => resolveSampling({ [field]: value });
        expect(refused).toThrow(GenerationParameterError);
        expect(refused).toThrow(`${wireName} must be a`);
        expect(refused).toThrow(`given ${String(value)}`);
      }
    },
  );

  it('gives signed and unsigned spellings of 64 bits the same stream', () => {
    expect(resolveSampling({ seed: -1 }).seed).toBe(2n ** 64n - 1n);
    expect(resolveSampling({ seed: 5 }).seed).toBe(resolveSampling({ seed: 5n }).seed);
  });

  it('knows when nobody needs to look at logits', () => {
    expect(isPlainGreedy(resolveSampling())).toBe(true);
    expect(isPlainGreedy(resolveSampling({ topP: 0.5, seed: 3, temperature: 0 }))).toBe(true);
    for (const params of [{ temperature: 0.1 }, { presencePenalty: 1 }, { repetitionPenalty: 1.1 }]) {
      expect(isPlainGreedy(resolveSampling(params))).toBe(false);
    }
  });
});

describe('the weight of a candidate', () => {
  it('is e to the power of minus the distance from the best', () => {
    const random = new SplitMix64(3n);
    const candidates = new Candidates(2);
    const weightAt = (distance: number): number => {
      candidates.load(Float32Array.of(0, -distance));
      return candidates.totalWeight() - 1;
    };
    // 13 digits, and what a sum with 1 leaves of them.
    const bound = (weight: number): number => 1e-13 * weight + 2 ** -53 * (1 + weight);
    let worst = 0;
    for (let round = 0; round < 20_000; round++) {
      const distance = Math.fround(40 * random.nextFraction() ** 3);
      const weight = Math.exp(-distance);
      worst = Math.max(worst, Math.abs(weightAt(distance) - weight) / bound(weight));
    }
    expect(worst).toBeLessThan(1);
    expect([0, 111, Infinity, NaN].map(weightAt)).toEqual([1, 0, 0, NaN]);
  });
});

describe('LogProbabilities', () => {
  it('are the log-softmax, and rank as the logits do', () => {
    const logits = Float32Array.from([2, 5, -1, 5, 3]);
    const probabilities = new LogProbabilities(logits, new Candidates(logits.length));
    for (const [id, probability] of softmax(logits, 1).entries()) {
      expect(probabilities.of(id)).toBeCloseTo(Math.log(probability), 12);
    }
    expect(probabilities.top(3).map(({ tokenId }) => tokenId)).toEqual([1, 3, 4]);
    expect(probabilities.top(0)).toEqual([]);
    expect(probabilities.top(20)).toHaveLength(5);
  });
});
