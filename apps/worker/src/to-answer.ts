import { type AnswerOutcome } from '@tessera/chat-completions';
import { type Answer, type AnswerChoice, type JobRecord } from '@tessera/contracts';
import { type GenerationChoice, type GenerationResult } from '@tessera/engine';
import { toLogprobs } from './to-logprobs.js';

/** What only the worker knows of an answer's times. */
export interface AnswerTimes {
  readonly fetchMs: number;
  /** Unix milliseconds at which the answer was complete. */
  readonly nowMs: number;
}

/**
 * The public answer of a job. `total_ms` is everything since that was created, and `queue_ms` what of it no stage
 * used: the queue, earlier attempts, the wait for an engine slot.
 */
export function toAnswer(
  result: GenerationResult,
  record: Pick<JobRecord, 'createdAtMs'>,
  times: AnswerTimes,
): Answer {
  const { timings } = result;
  const totalMs = Math.max(0, times.nowMs - record.createdAtMs);
  const workMs =
    times.fetchMs + timings.preprocessMs + timings.visionMs + timings.prefillMs + timings.decodeMs;
  return {
    ...toOutcome(result),
    tiles: [...result.tiles],
    timings: {
      queue_ms: round(Math.max(0, totalMs - workMs)),
      fetch_ms: round(times.fetchMs),
      preprocess_ms: round(timings.preprocessMs),
      vision_ms: round(timings.visionMs),
      prefill_ms: round(timings.prefillMs),
      decode_ms: round(timings.decodeMs),
      total_ms: round(totalMs),
    },
  };
}

/** What of an answer a chat completion says. */
export function toOutcome(result: GenerationResult): AnswerOutcome {
  return {
    output: { text: result.text, finish_reason: result.finishReason },
    ...toChoices(result),
    usage: result.usage,
    model: result.model,
  };
}

/** Only where they say more than the output does. */
function toChoices({ choices, logprobs }: GenerationResult): Pick<Answer, 'choices'> {
  if (choices.length === 1 && logprobs === undefined) return {};
  const toChoice = (choice: GenerationChoice): AnswerChoice => ({
    text: choice.text,
    finish_reason: choice.finishReason,
    ...toLogprobs(choice.logprobs),
  });
  return { choices: choices.map(toChoice) };
}

/** Tenths of a millisecond are as exact as these clocks are. */
function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
