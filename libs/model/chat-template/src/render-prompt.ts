import { type ChatTemplate } from './chat-template.js';
import { type Conversation, type Turn } from './conversation.js';

/**
 * A stretch of a rendered prompt: plain text, a token of the template such as `<|user|>`, or the place of the
 * `image`-th image of the conversation (from 0).
 */
export type PromptPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'image'; readonly image: number };

/**
 * Renders a conversation up to the point where the answer begins, as InternVL's `Conversation.get_prompt` does. A turn
 * whose question or answer is missing or empty shows its role alone.
 */
export function renderPrompt(template: ChatTemplate, conversation: Conversation): PromptPart[] {
  const frame = (text: string): PromptPart[] => templateParts(text, template.tokens);
  const system = conversation.system ?? template.defaultSystemMessage;
  const section = (text: string): PromptPart[] => [
    ...frame(template.system.start),
    ...plain(text),
    ...frame(template.system.end),
  ];
  return [
    ...(system === undefined ? [] : section(system)),
    ...conversation.turns.flatMap((turn) => turnParts(template, turn, frame)),
  ];
}

function turnParts(template: ChatTemplate, turn: Turn, frame: (text: string) => PromptPart[]): PromptPart[] {
  const { user, assistant } = template;
  const question = turn.question.filter((part) => part.kind === 'image' || part.text !== '');
  const asked =
    question.length > 0 ? [...frame(user.start), ...question, ...frame(user.end)] : frame(user.open);
  const answer = plain(turn.answer ?? '');
  const answered =
    answer.length > 0
      ? [...frame(assistant.start), ...answer, ...frame(assistant.end)]
      : frame(assistant.open);
  return [...asked, ...answered];
}

function plain(text: string): PromptPart[] {
  return text === '' ? [] : [{ kind: 'text', text }];
}

/** Cuts a template's own text at the template's tokens. */
function templateParts(text: string, tokens: readonly string[]): PromptPart[] {
  const found = tokens
    .map((token) => ({ token, start: text.indexOf(token) }))
    .filter(({ start }) => start >= 0)
    .sort((a, b) => a.start - b.start || b.token.length - a.token.length)[0];
  if (found === undefined) return plain(text);
  return [
    ...plain(text.slice(0, found.start)),
    { kind: 'token', token: found.token },
    ...templateParts(text.slice(found.start + found.token.length), tokens),
  ];
}
