import type { FinishReason, TokenLogprob, Usage } from './job.js';

/** OpenAI's `chat.completion` object. */
export interface ChatCompletion {
  id: string;
  object: 'chat.completion';
  /** Unix seconds. */
  created: number;
  model: string;
  choices: ChatChoice[];
  usage: Usage;
  /** What exactly answered: the converted model's revision. */
  system_fingerprint: string;
}

export interface ChatChoice {
  index: number;
  message: { role: 'assistant'; content: string; refusal: null };
  logprobs: ChatLogprobs | null;
  finish_reason: FinishReason;
}

export interface ChatLogprobs {
  content: TokenLogprob[];
  refusal: null;
}

/** OpenAI's `chat.completion.chunk` object: a piece of a streamed answer. */
export interface ChatCompletionChunk {
  id: string;
  object: 'chat.completion.chunk';
  created: number;
  model: string;
  /** Empty in the last chunk, which has the usage. */
  choices: ChatChunkChoice[];
  /** Only where the request asked for it: null until the last chunk. */
  usage?: Usage | null;
  /** Null until it is known which worker answered. */
  system_fingerprint: string | null;
}

export interface ChatChunkChoice {
  index: number;
  delta: { role?: 'assistant'; content?: string; refusal?: null };
  logprobs: ChatLogprobs | null;
  finish_reason: FinishReason | null;
}
