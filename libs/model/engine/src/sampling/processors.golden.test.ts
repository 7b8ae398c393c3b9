import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Candidates } from './candidates.js';
import { drawToken } from './draw-token.js';
import { TokenHistory } from './penalties.js';
import { processScores } from './process-scores.js';
import { resolveSampling } from './sampling-params.js';

/** What transformers' processors make of logits; tools/golden-sampling writes it. */
interface Expectations {
  vectors: Record<string, { logits: number[]; generated: number[] }>;
  cases: {
    vector: string;
    settings: Partial<Record<Setting, number>>;
    /** Ids that are left; null: all. */
    kept: number[] | null;
    /** Their scores. */
    scores: number[];
    probability_of_first: number;
  }[];
}
type Setting =
  | 'temperature'
  | 'top_k'
  | 'top_p'
  | 'min_p'
  | 'repetition_penalty'
  | 'presence_penalty'
  | 'frequency_penalty';

const file = new URL('../../../../../test/golden/sampling/processors.json', import.meta.url);
const { vectors, cases } = JSON.parse(readFileSync(file, 'utf8')) as Expectations;
const named = cases.map((each) => ({ ...each, name: `${each.vector} ${JSON.stringify(each.settings)}` }));

describe('the processors leave the tokens and scores that those of transformers leave', () => {
  it.each(named)('$name', ({ vector, settings, kept, scores, probability_of_first }) => {
    const { logits, generated } = vectors[vector] as Expectations['vectors'][string];
    const candidates = new Candidates(logits.length);
    candidates.load(Float32Array.from(logits));
    const history = new TokenHistory();
    for (const id of generated) history.add(id);
    const sampling = resolveSampling({
      temperature: settings.temperature ?? 1,
      topK: settings.top_k,
      topP: settings.top_p,
      minP: settings.min_p,
      repetitionPenalty: settings.repetition_penalty,
      presencePenalty: settings.presence_penalty,
      frequencyPenalty: settings.frequency_penalty,
    });
    processScores(candidates, sampling, history);

    const { count } = candidates;
    expect([...candidates.ids.subarray(0, count)]).toEqual(kept ?? logits.map((_, id) => id));
    const differences = scores.map(
      (score, index) => Math.abs((candidates.scores[index] as number) - score) / Math.max(1, Math.abs(score)),
    );
    expect(Math.max(...differences)).toBeLessThan(1e-5);
    // The first token has the first part of the probability, and no more of it.
    const first = candidates.ids[0] as number;
    const border = probability_of_first;
    if (border > 1e-4) expect(drawToken(candidates, border - 1e-5)).toBe(first);
    if (border < 1 - 1e-5) expect(drawToken(candidates, border + 1e-5)).not.toBe(first);
  });

  it('in enough cases that every processor decides some', () => {
    expect(cases.length).toBeGreaterThan(150);
    for (const field of ['top_k', 'top_p', 'min_p'] as const) {
      const alone = cases.filter(({ settings }) => Object.keys(settings).join() === field);
      expect(alone.filter(({ kept }) => kept !== null).length).toBeGreaterThan(5);
    }
  });
});
