import {
  type ChatCompletionBody,
  chatCompletionBodySchema,
  type ChatMessage,
  DEFAULT_MAX_TOKENS,
  type Message,
} from '@tessera/contracts';
import { checkConversation } from '../draft/check-conversation.js';
import { type AnswerOptions, maxTokensOf, toAnswerOptions } from '../draft/to-answer-options.js';
import { fromMessages, type TileDefaults } from '../draft/to-conversation.js';
import { type JobDraft } from '../draft/to-job-draft.js';
import { type DraftContext, toPromptDraft } from '../draft/to-prompt-draft.js';
import { InvalidValueError } from '../request.errors.js';
import { validate } from '../validation/validate.js';
import { withoutUnsupported } from './without-unsupported.js';

/** A checked chat completion request whose images are numbered but not stored yet. */
export interface ChatDraft extends JobDraft {
  model: string;
  /** As it was sent, checked, without what was left out by null. */
  body: ChatCompletionBody;
  /** Absent: the answer is sent as one object. */
  stream?: { includeUsage: boolean };
}

/** Token probabilities that one answer may have, all choices and alternatives together: it stays below 20 MB. */
const MAX_TOKEN_PROBABILITIES = 200_000;

/**
 * Checks a chat completion body, of whatever shape, by every rule that can be told from it alone: pure, keeps nothing.
 * @throws {TesseraError} with the code and the field (`messages.0.content.1.image_url.url`) of the first rule broken
 */
export function parseChatCompletion(value: unknown, context: DraftContext): ChatDraft {
  const body = validate(chatCompletionBodySchema, withoutUnsupported(value));
  const conversation = fromMessages(body.messages.map(toMessage), tileDefaults(body));
  checkConversation(conversation);
  const draft = {
    ...toPromptDraft(conversation, context, 'messages'),
    ...toAnswerOptions(body),
    ...toChoiceOptions(body),
  };
  return { ...draft, model: body.model, body, ...toStream(body) };
}

function toMessage({ role, content }: ChatMessage): Message {
  return { role: role === 'developer' ? 'system' : role, content };
}

/** Of the three places for a request's tile budget, an image's own goes first, `mm_processor_kwargs` last. */
function tileDefaults({
  max_dynamic_patch,
  mm_processor_kwargs: more = {},
}: ChatCompletionBody): TileDefaults {
  const min = more.min_dynamic_patch;
  return {
    max: max_dynamic_patch ?? more.max_dynamic_patch,
    ...(min === undefined ? {} : { min: { value: min, param: 'mm_processor_kwargs.min_dynamic_patch' } }),
  };
}

function toChoiceOptions(body: ChatCompletionBody): Pick<AnswerOptions, 'n' | 'logprobs'> {
  const { n, logprobs = false, top_logprobs } = body;
  if (top_logprobs !== undefined && !logprobs) {
    throw new InvalidValueError('top_logprobs: goes with logprobs only, set that to true as well', {
      param: 'top_logprobs',
    });
  }
  const top = top_logprobs ?? 0;
  if (logprobs) checkProbabilityCount(body, top);
  return { ...(n === undefined || n === 1 ? {} : { n }), ...(logprobs ? { logprobs: { top } } : {}) };
}

function checkProbabilityCount(body: ChatCompletionBody, top: number): void {
  const tokens = maxTokensOf(body)?.value ?? DEFAULT_MAX_TOKENS;
  const count = (body.n ?? 1) * tokens * (1 + top);
  if (count <= MAX_TOKEN_PROBABILITIES) return;
  const limit = `n x tokens x (1 + top_logprobs) may be at most ${MAX_TOKEN_PROBABILITIES}`;
  throw new InvalidValueError(`logprobs: ${limit}, given ${count}`, { param: 'logprobs' });
}

function toStream({ stream = false, stream_options }: ChatCompletionBody): Pick<ChatDraft, 'stream'> {
  if (stream) return { stream: { includeUsage: stream_options?.include_usage ?? false } };
  if (stream_options === undefined) return {};
  throw new InvalidValueError('stream_options: goes with stream only, set that to true as well', {
    param: 'stream_options',
  });
}
