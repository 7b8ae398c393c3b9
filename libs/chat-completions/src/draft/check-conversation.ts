import { InvalidValueError, MissingParameterError } from '../request.errors.js';
import { checkUnicode } from '../validation/check-unicode.js';
import { quote } from '../validation/quote.js';
import { type ConversationMessage } from './to-conversation.js';

/** Characters of text that one job may carry: far past any context, and small enough for a record. */
export const MAX_TEXT_CHARACTERS = 1_000_000;

/**
 * Checks the rules between messages: a system message only first, then user and assistant in turn, a user message with
 * some text last; images only in user messages, and none of those without text and images.
 * @throws {MissingParameterError | InvalidValueError}
 */
export function checkConversation(conversation: ConversationMessage[]): void {
  conversation.forEach(checkMessage);
  checkTexts(conversation);
  checkLastMessage(conversation);
  checkTurns(conversation);
}

function checkMessage({ role, parts, param }: ConversationMessage, index: number): void {
  if (role === 'system' && index > 0) {
    throw new InvalidValueError(`${param}.role: a system message can only be the first`, {
      param: `${param}.role`,
    });
  }
  const image = role === 'user' ? undefined : parts.find(({ type }) => type === 'image');
  if (image !== undefined) {
    throw new InvalidValueError(
      `${image.param}: only user messages carry images, this one is of role ${role}`,
      {
        param: image.param,
      },
    );
  }
}

function checkTurns(conversation: ConversationMessage[]): void {
  const first = conversation[0]?.role === 'system' ? 1 : 0;
  for (const [index, { role, param, parts }] of conversation.slice(first).entries()) {
    const expected = index % 2 === 0 ? 'user' : 'assistant';
    if (role !== expected) {
      throw new InvalidValueError(
        `${param}.role: user and assistant take turns, a user first: must be ${expected}, given ${quote(role)}`,
        { param: `${param}.role` },
      );
    }
    if (role === 'user' && !parts.some((part) => part.type === 'image' || part.text.trim() !== '')) {
      const field = blankFieldOf(parts, param);
      throw new InvalidValueError(
        `${field}: a user message must hold some text or an image, given only blanks`,
        {
          param: field,
        },
      );
    }
  }
}

/** The field at fault where a message says nothing. */
function blankFieldOf(parts: ConversationMessage['parts'], param: string): string {
  return parts.find(({ type }) => type === 'text')?.param ?? `${param}.content`;
}

function checkTexts(conversation: ConversationMessage[]): void {
  let characters = 0;
  for (const part of conversation.flatMap(({ parts }) => parts)) {
    if (part.type !== 'text') continue;
    characters += part.text.length;
    if (characters > MAX_TEXT_CHARACTERS) {
      throw new InvalidValueError(
        `${part.param}: all texts together may have ${MAX_TEXT_CHARACTERS} characters`,
        {
          param: part.param,
        },
      );
    }
    checkUnicode(part.text, part.param);
  }
}

function checkLastMessage(conversation: ConversationMessage[]): void {
  const last = conversation.at(-1);
  if (last === undefined) throw new MissingParameterError('messages is required', { param: 'messages' });
  if (last.role !== 'user') {
    const param = `${last.param}.role`;
    throw new InvalidValueError(
      `${param}: the last message must be of role user, given ${quote(last.role)}`,
      {
        param,
      },
    );
  }
  if (!last.parts.some((part) => part.type === 'text' && part.text.trim() !== '')) {
    const param = blankFieldOf(last.parts, last.param);
    throw new InvalidValueError(`${param}: the question must hold some text, given only blanks`, { param });
  }
}
