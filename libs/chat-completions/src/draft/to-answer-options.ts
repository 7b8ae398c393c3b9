import { type JobRequest, type JobSampling, type SamplingFields } from '@tessera/contracts';
import { checkUnicode } from '../validation/check-unicode.js';

/** How a request wants to be answered. */
export type AnswerOptions = Pick<JobRequest, 'maxTokens' | 'sampling' | 'stop' | 'n' | 'logprobs'>;

type LengthFields = { max_tokens?: number | undefined; max_completion_tokens?: number | undefined };

/**
 * The options that jobs and chat completions have in common.
 * @throws {InvalidValueError} a stop string that is no Unicode text
 */
export function toAnswerOptions(fields: SamplingFields & LengthFields): AnswerOptions {
  const maxTokens = maxTokensOf(fields)?.value;
  const sampling = toSampling(fields);
  const stop = toStop(fields.stop);
  return {
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(Object.keys(sampling).length === 0 ? {} : { sampling }),
    ...(stop.length === 0 ? {} : { stop }),
  };
}

/** The field that says how long the answer may be, where one does; `max_completion_tokens` goes before. */
export function maxTokensOf(fields: LengthFields): { value: number; param: string } | undefined {
  const param = fields.max_completion_tokens === undefined ? 'max_tokens' : 'max_completion_tokens';
  const value = fields[param];
  return value === undefined ? undefined : { value, param };
}

function toSampling(fields: SamplingFields): JobSampling {
  const { top_k } = fields;
  return withoutAbsent({
    temperature: fields.temperature,
    topP: fields.top_p,
    topK: top_k !== undefined && top_k > 0 ? top_k : undefined,
    minP: fields.min_p,
    repetitionPenalty: fields.repetition_penalty,
    presencePenalty: fields.presence_penalty,
    frequencyPenalty: fields.frequency_penalty,
    seed: fields.seed,
  });
}

function withoutAbsent(fields: Record<keyof JobSampling, number | undefined>): JobSampling {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

function toStop(stop: SamplingFields['stop']): string[] {
  if (stop === undefined) return [];
  const strings = typeof stop === 'string' ? [stop] : stop;
  for (const string of strings) checkUnicode(string, 'stop');
  return strings;
}
