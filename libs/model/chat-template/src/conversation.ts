import { type PromptMessage } from '@tessera/contracts';
import { type ChatTemplate } from './chat-template.js';
import { EmptyQuestionError, InvalidConversationError } from './errors.js';

/** A stretch of a question: text, or the `image`-th image of the conversation, counted from 0. */
export type QuestionPart =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'image'; readonly image: number };

/** A question and, save in the last turn, its answer. */
export interface Turn {
  readonly question: readonly QuestionPart[];
  readonly answer?: string;
}

export interface Conversation {
  /** Replaces the template's default system message. */
  readonly system?: string;
  readonly turns: readonly Turn[];
}

/**
 * Turns the messages of a request into a conversation.
 *
 * - A first message of role `system` replaces the template's default system message, even when it is empty.
 * - After it user and assistant alternate, a user message first and last.
 * - Only user messages show images. An image is written `<image>` and a newline where it stands; with more than one
 *   image in the conversation, and a template that numbers them, `Image-k: <image>` and a newline, k counted over the
 *   conversation from 1 (the numbering of upstream's demo).
 * - Text parts of a message are put together as they are, nothing between them.
 * - A user message needs an image, or text that is not only whitespace.
 * - An empty assistant message stays: the prompt then shows the role alone, as the reference's does.
 *
 * @param messages image parts carry their index into the request's images.
 * @throws InvalidConversationError (`param` names the field, such as `messages.2.role`).
 * @throws EmptyQuestionError
 */
export function toConversation(
  messages: readonly PromptMessage[],
  { numbersImages }: Pick<ChatTemplate, 'numbersImages'>,
): Conversation {
  const hasSystem = messages[0]?.role === 'system';
  const dialogue = messages.slice(hasSystem ? 1 : 0);
  checkOrder(dialogue, messages.length - dialogue.length);
  const numbered = numbersImages && imageCountOf(messages) > 1;
  let imagesShown = 0;
  const turns: { question: QuestionPart[]; answer?: string }[] = [];
  for (const [offset, message] of dialogue.entries()) {
    const index = offset + messages.length - dialogue.length;
    const last = turns.at(-1);
    if (message.role === 'assistant' && last !== undefined) {
      last.answer = textOf(message, index);
      continue;
    }
    const question = questionOf(message, { shownBefore: imagesShown, numbered });
    if (isBlank(question)) throw new EmptyQuestionError(`messages.${index}.content`);
    imagesShown += question.filter((part) => part.kind === 'image').length;
    turns.push({ question });
  }
  const [first] = messages;
  return hasSystem && first !== undefined ? { system: textOf(first, 0), turns } : { turns };
}

function checkOrder(dialogue: readonly PromptMessage[], offset: number): void {
  for (const [position, { role }] of dialogue.entries()) {
    const param = `messages.${position + offset}.role`;
    if (role === 'system') throw new InvalidConversationError('a system message may only come first', param);
    const expected = position % 2 === 0 ? 'user' : 'assistant';
    if (role !== expected) {
      throw new InvalidConversationError(
        `user and assistant messages alternate, beginning with user: expected ${expected}, got ${role}`,
        param,
      );
    }
  }
  if (dialogue.at(-1)?.role === 'user') return;
  const param = dialogue.length === 0 ? 'messages' : `messages.${dialogue.length - 1 + offset}.role`;
  throw new InvalidConversationError('the last message must be of role user', param);
}

function imageCountOf(messages: readonly PromptMessage[]): number {
  return messages.flatMap(({ content }) => content).filter((part) => part.type === 'image').length;
}

function questionOf(
  message: PromptMessage,
  images: { readonly shownBefore: number; readonly numbered: boolean },
): QuestionPart[] {
  let shown = images.shownBefore;
  return message.content.flatMap((part): QuestionPart[] => {
    if (part.type === 'text') return [{ kind: 'text', text: part.text }];
    shown += 1;
    const block: QuestionPart[] = [
      { kind: 'image', image: part.image },
      { kind: 'text', text: '\n' },
    ];
    return images.numbered ? [{ kind: 'text', text: `Image-${shown}: ` }, ...block] : block;
  });
}

function isBlank(question: readonly QuestionPart[]): boolean {
  return question.every((part) => part.kind === 'text' && part.text.trim() === '');
}

function textOf(message: PromptMessage, index: number): string {
  const texts = message.content.map((part, position) => {
    if (part.type === 'text') return part.text;
    throw new InvalidConversationError(
      `only user messages may show images, this one is of role ${message.role}`,
      `messages.${index}.content.${position}`,
    );
  });
  return texts.join('');
}
