import {
  Candidates,
  LogProbabilities,
  resolveSampling,
  type SamplingParams,
  TokenSampler,
} from '@tessera/engine';
import { describeMachine, medianOf, printTable } from '../measure.js';

/* What it costs to choose one token, outside the model: all of it runs between two decode steps, once per sequence. */

/** Those of Phi-3 and of Qwen2. */
const VOCABULARIES = [32_064, 151_936];
const TOKENS = 100;
const WARM_UP_TOKENS = 30;

const SETTINGS: Record<string, SamplingParams> = {
  'temperature 0, penalties': { presencePenalty: 1, repetitionPenalty: 1.1 },
  'temperature 1': { temperature: 1 },
  'temperature 0.7, top-k 50': { temperature: 0.7, topK: 50 },
  'temperature 0.7, top-p 0.9': { temperature: 0.7, topP: 0.9 },
  'temperature 2, top-p 0.99': { temperature: 2, topP: 0.99 },
  'temperature 1, min-p 0.05': { temperature: 1, minP: 0.05 },
  'temperature 0.7, top-k 50, top-p 0.9, min-p 0.05': { temperature: 0.7, topK: 50, topP: 0.9, minP: 0.05 },
};

/** Normally distributed, as wide as those of language models, with a few that stand out. */
function logitsOf(size: number): Float32Array {
  let state = 1;
  const fraction = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state + 1) / 0x8000_0000;
  };
  const logits = Float32Array.from(
    { length: size },
    () => 3 * Math.sqrt(-2 * Math.log(fraction())) * Math.cos(2 * Math.PI * fraction()),
  );
  logits.set([14, 13, 12.5], 100);
  return logits;
}

/** Milliseconds of processor time a token. */
function timeOf(work: () => unknown): Promise<number> {
  for (let token = 0; token < WARM_UP_TOKENS; token++) work();
  return medianOf(async () => {
    const before = process.cpuUsage();
    for (let token = 0; token < TOKENS; token++) work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / TOKENS;
  });
}

console.log(`${describeMachine()}\n`);
const vocabularies = VOCABULARIES.map((size) => ({
  logits: logitsOf(size),
  candidates: new Candidates(size),
}));
const rows: string[][] = [];
const addRow = async (name: string, workOf: (index: number) => () => unknown): Promise<void> => {
  const cells: string[] = [];
  for (const index of vocabularies.keys()) cells.push(`${(await timeOf(workOf(index))).toFixed(2)} ms`);
  rows.push([name, ...cells]);
};
for (const [name, params] of Object.entries(SETTINGS)) {
  const sampling = resolveSampling(params);
  await addRow(name, (index) => {
    const { logits, candidates } = vocabularies[index] as (typeof vocabularies)[number];
    const sampler = new TokenSampler({ sampling, seed: 1n, candidates, bosTokenId: 1 });
    return () => sampler.choose(logits);
  });
}
await addRow('log probabilities of 20 tokens', (index) => {
  const { logits, candidates } = vocabularies[index] as (typeof vocabularies)[number];
  return () => new LogProbabilities(logits, candidates).top(20);
});
printTable(['a token', ...VOCABULARIES.map((size) => `${size.toLocaleString('en')} tokens`)], rows);
