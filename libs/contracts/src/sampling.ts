import { z } from 'zod';

/** Strings that may end an answer, and the characters that one of them may have. */
const MAX_STOP_STRINGS = 4;
const stopString = z.string().min(1).max(1000);

/** Most alternatives per token whose log probability a request may ask for. */
export const MAX_TOP_LOGPROBS = 20;
/** Most answers to one request. */
export const MAX_CHOICES = 128;

/** The fields that say how tokens are chosen and where an answer ends, as requests spell them. */
export const samplingFields = {
  /** 0 or absent: the most likely token each time, whatever the other fields say. */
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  top_k: z.int().min(1).optional(),
  min_p: z.number().min(0).max(1).optional(),
  repetition_penalty: z.number().gt(0).max(10).optional(),
  presence_penalty: z.number().min(-2).max(2).optional(),
  frequency_penalty: z.number().min(-2).max(2).optional(),
  /** The same seed gives the same text. */
  seed: z.int().optional(),
  stop: z.union([stopString, z.array(stopString).max(MAX_STOP_STRINGS)]).optional(),
} as const;

export type SamplingFields = z.infer<z.ZodObject<typeof samplingFields>>;

/** How the next token is chosen; an absent field is the engine's default, and without a temperature that is greedy. */
export interface JobSampling {
  temperature?: number;
  topP?: number;
  topK?: number;
  minP?: number;
  repetitionPenalty?: number;
  presencePenalty?: number;
  frequencyPenalty?: number;
  seed?: number;
}
