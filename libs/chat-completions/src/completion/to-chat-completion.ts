import { randomBytes } from 'node:crypto';
import {
  type Answer,
  type AnswerChoice,
  type ChatCompletion,
  type ChatLogprobs,
  type TokenLogprob,
} from '@tessera/contracts';

/** What a completion object says of itself beside the answer. */
export interface CompletionIdentity {
  id: string;
  createdAtSeconds: number;
  /** As the request named it. */
  model: string;
}

/** What of an answer a completion object tells: neither its tiles nor its times. */
export type AnswerOutcome = Pick<Answer, 'output' | 'choices' | 'usage' | 'model'>;

/** A new completion id: random, and no way to the job behind it. */
export function newChatCompletionId(): string {
  return `chatcmpl-${randomBytes(16).toString('hex')}`;
}

/** All answers to a request; there is one at least. */
export function choicesOf({ choices, output }: Pick<Answer, 'choices' | 'output'>): readonly AnswerChoice[] {
  return choices ?? [output];
}

/** OpenAI's object for an answer. */
export function toChatCompletion(answer: AnswerOutcome, identity: CompletionIdentity): ChatCompletion {
  return {
    id: identity.id,
    object: 'chat.completion',
    created: identity.createdAtSeconds,
    model: identity.model,
    choices: choicesOf(answer).map(({ text, finish_reason, logprobs }, index) => ({
      index,
      message: { role: 'assistant', content: text, refusal: null },
      logprobs: toChatLogprobs(logprobs),
      finish_reason,
    })),
    usage: answer.usage,
    system_fingerprint: answer.model.revision,
  };
}

/** Null where the request asked for none. */
export function toChatLogprobs(tokens: TokenLogprob[] | undefined): ChatLogprobs | null {
  return tokens === undefined ? null : { content: tokens, refusal: null };
}
