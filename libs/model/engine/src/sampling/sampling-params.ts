import { GenerationParameterError } from './errors.js';

/** How the next token is chosen. The ranges are the OpenAI API's, where it has the field. */
export interface SamplingParams {
  /** 0 to 2. 0 takes the most likely token, the lowest id of several. @defaultValue 0 */
  readonly temperature?: number | undefined;
  /** At least 1: the most likely tokens to choose among, ties with the last included. @defaultValue all */
  readonly topK?: number | undefined;
  /** 0 to 1: the fewest most likely tokens with this probability together, at least one. @defaultValue 1 */
  readonly topP?: number | undefined;
  /** 0 to 1: least probability of a token, as a share of the most likely one's. @defaultValue 0 */
  readonly minP?: number | undefined;
  /** Above 0, at most 10: divides positive and multiplies negative logits of tokens that the answer has. @defaultValue 1 */
  readonly repetitionPenalty?: number | undefined;
  /** -2 to 2: taken off the logits of tokens that the answer has. @defaultValue 0 */
  readonly presencePenalty?: number | undefined;
  /** -2 to 2: taken off a token's logit for each time that the answer has it. @defaultValue 0 */
  readonly frequencyPenalty?: number | undefined;
  /** A whole number of up to 64 bits, with or without a sign. The same seed gives the same text. @defaultValue random */
  readonly seed?: number | bigint | undefined;
}

/** {@link SamplingParams} that have been checked, with defaults in place. */
export interface Sampling {
  readonly temperature: number;
  /** Undefined: no limit. */
  readonly topK: number | undefined;
  readonly topP: number;
  readonly minP: number;
  readonly repetitionPenalty: number;
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  /** 64 bits; undefined: a random one is to be made. */
  readonly seed: bigint | undefined;
}

/** Below this, dividing by the temperature leaves the range of float32; the most likely token has all the probability. */
const LEAST_TEMPERATURE = 1e-5;
const MAX_REPETITION_PENALTY = 10;
const MIN_SEED = -(2n ** 63n);
const MAX_SEED = 2n ** 64n - 1n;

/** Checks every field. Throws {@link GenerationParameterError} for the first that is out of its range. */
export function resolveSampling(params: SamplingParams = {}): Sampling {
  const temperature = between('temperature', params.temperature, { range: [0, 2], absent: 0 });
  return {
    temperature: temperature < LEAST_TEMPERATURE ? 0 : temperature,
    topK: topKOf(params.topK),
    topP: between('top_p', params.topP, { range: [0, 1], absent: 1 }),
    minP: between('min_p', params.minP, { range: [0, 1], absent: 0 }),
    repetitionPenalty: repetitionPenaltyOf(params.repetitionPenalty),
    presencePenalty: between('presence_penalty', params.presencePenalty, { range: [-2, 2], absent: 0 }),
    frequencyPenalty: between('frequency_penalty', params.frequencyPenalty, { range: [-2, 2], absent: 0 }),
    seed: seedBits(params.seed),
  };
}

/** Whether the most likely token of the model is the answer's, so that nobody needs to look at logits. */
export function isPlainGreedy(sampling: Sampling): boolean {
  return sampling.temperature === 0 && !hasPenalties(sampling);
}

export function hasPenalties(sampling: Sampling): boolean {
  const { repetitionPenalty, presencePenalty, frequencyPenalty } = sampling;
  return repetitionPenalty !== 1 || presencePenalty !== 0 || frequencyPenalty !== 0;
}

function between(
  field: string,
  value: number | undefined,
  { range: [least, most], absent }: { range: readonly [number, number]; absent: number },
): number {
  if (value === undefined) return absent;
  if (value >= least && value <= most) return value;
  throw new GenerationParameterError(field, `a number from ${least} to ${most}`, value);
}

function topKOf(value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) return value;
  throw new GenerationParameterError('top_k', 'a whole number of at least 1', value);
}

function repetitionPenaltyOf(value = 1): number {
  if (value > 0 && value <= MAX_REPETITION_PENALTY) return value;
  const limit = `a number above 0, at most ${MAX_REPETITION_PENALTY}`;
  throw new GenerationParameterError('repetition_penalty', limit, value);
}

function seedBits(seed: number | bigint | undefined): bigint | undefined {
  if (seed === undefined) return undefined;
  const isWhole = typeof seed === 'bigint' || Number.isSafeInteger(seed);
  const bits = isWhole ? BigInt(seed) : undefined;
  if (bits === undefined || bits < MIN_SEED || bits > MAX_SEED) {
    throw new GenerationParameterError('seed', `a whole number from ${MIN_SEED} to ${MAX_SEED}`, seed);
  }
  return BigInt.asUintN(64, bits);
}
