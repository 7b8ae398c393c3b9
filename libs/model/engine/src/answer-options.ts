import { type GenerationRequest } from './generation.js';
import { GenerationParameterError } from './sampling/errors.js';
import { resolveSampling, type Sampling } from './sampling/sampling-params.js';

const MAX_STOP_STRINGS = 4;
const MAX_STOP_STRING_LENGTH = 1000;
const MAX_TOP_LOGPROBS = 20;
const MAX_CHOICES = 128;
const LONE_SURROGATE = /\p{Surrogate}/u;

/** How a request wants to be answered, checked. */
export interface AnswerOptions {
  readonly sampling: Sampling;
  readonly stop: readonly string[];
  /** Alternatives per token whose log probability is wanted; undefined: no log probabilities. */
  readonly topLogprobs: number | undefined;
  readonly choiceCount: number;
}

/** Throws {@link GenerationParameterError} for the first field that is out of its range. */
export function resolveAnswerOptions(request: GenerationRequest): AnswerOptions {
  const { stop = [], logprobs, n = 1 } = request;
  if (stop.length > MAX_STOP_STRINGS) {
    throw new GenerationParameterError('stop', `at most ${MAX_STOP_STRINGS} strings`, stop.length);
  }
  for (const string of stop) checkStopString(string);
  return {
    sampling: resolveSampling(request.sampling),
    stop,
    topLogprobs: logprobs && wholeNumber('top_logprobs', logprobs.top, [0, MAX_TOP_LOGPROBS]),
    choiceCount: wholeNumber('n', n, [1, MAX_CHOICES]),
  };
}

function checkStopString(string: string): void {
  const { length } = string;
  if (length === 0 || length > MAX_STOP_STRING_LENGTH) {
    const limit = `strings of 1 to ${MAX_STOP_STRING_LENGTH} characters`;
    throw new GenerationParameterError('stop', limit, `one of ${length}`);
  }
  if (LONE_SURROGATE.test(string)) {
    throw new GenerationParameterError('stop', 'strings of whole characters', JSON.stringify(string));
  }
}

function wholeNumber(field: string, value: number, [least, most]: readonly [number, number]): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw new GenerationParameterError(field, `a whole number from ${least} to ${most}`, value);
}
