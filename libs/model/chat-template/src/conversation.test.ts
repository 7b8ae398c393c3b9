import { type PromptContent, type PromptMessage } from '@tessera/contracts';
import { describe, expect, it } from 'vitest';
import { type Conversation, toConversation } from './conversation.js';
import { EmptyQuestionError, InvalidConversationError } from './errors.js';

const text = (value: string): PromptContent => ({ type: 'text', text: value });
const image = (index: number): PromptContent => ({ type: 'image', image: index });
const message =
  (role: PromptMessage['role']) =>
  (...content: (string | PromptContent)[]): PromptMessage => ({
    role,
    content: content.map((part) => (typeof part === 'string' ? text(part) : part)),
  });
const user = message('user');
const assistant = message('assistant');
const system = message('system');

const numbered = (messages: readonly PromptMessage[]): Conversation =>
  toConversation(messages, { numbersImages: true });

/** The questions as one would read them, images in braces. */
function questionsOf(messages: readonly PromptMessage[], toTurns = numbered): string[] {
  return toTurns(messages).turns.map(({ question }) =>
    question.map((part) => (part.kind === 'text' ? part.text : `{${part.image}}`)).join(''),
  );
}

function refusalOf(messages: readonly PromptMessage[]): unknown {
  try {
    numbered(messages);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('a conversation from messages', () => {
  it('puts a newline after the only image, where it stands', () => {
    expect(questionsOf([user(image(0), 'What is this?')])).toEqual(['{0}\nWhat is this?']);
    expect(questionsOf([user('Look: ', image(0), 'What is ', 'this?')])).toEqual([
      'Look: {0}\nWhat is this?',
    ]);
  });

  it('leaves images without a number where the template has none', () => {
    const plain = (messages: readonly PromptMessage[]): Conversation =>
      toConversation(messages, { numbersImages: false });
    expect(questionsOf([user(image(0), image(1), 'Compare.')], plain)).toEqual(['{0}\n{1}\nCompare.']);
  });

  it('numbers images over the whole conversation when there are several', () => {
    const messages = [user(image(0), 'First?'), assistant('Yes.'), user('And ', image(1), image(2))];
    expect(questionsOf(messages)).toEqual(['Image-1: {0}\nFirst?', 'And Image-2: {1}\nImage-3: {2}\n']);
  });

  it('keeps answers with their questions', () => {
    const { turns } = numbered([user('a'), assistant('b', 'c'), user('d'), assistant(''), user('e')]);
    expect(turns.map(({ answer }) => answer)).toEqual(['bc', '', undefined]);
  });

  it('takes the system message from a first message, and only there', () => {
    expect(numbered([user('q')]).system).toBeUndefined();
    expect(numbered([system(''), user('q')]).system).toBe('');
    expect(numbered([system('Be ', 'brief.'), user('q')]).system).toBe('Be brief.');
    expect(refusalOf([user('q'), system('x'), user('q')])).toMatchObject({ param: 'messages.1.role' });
  });

  it.each([
    ['no messages', [], 'messages'],
    ['a system message alone', [system('x')], 'messages'],
    ['two system messages', [system('x'), system('y'), user('q')], 'messages.1.role'],
    ['an assistant message first', [assistant('x'), user('q')], 'messages.0.role'],
    ['two user messages in a row', [system('x'), user('q'), user('r')], 'messages.2.role'],
    [
      'two assistant messages in a row',
      [user('q'), assistant('a'), assistant('b'), user('r')],
      'messages.2.role',
    ],
    ['an assistant message last', [user('q'), assistant('a')], 'messages.1.role'],
    ['an image from the assistant', [user('q'), assistant('a', image(0)), user('r')], 'messages.1.content.1'],
    ['an image in the system message', [system(image(0)), user('q')], 'messages.0.content.0'],
  ])('is refused for %s', (_, messages: readonly PromptMessage[], param) => {
    const refusal = refusalOf(messages);
    expect(refusal).toBeInstanceOf(InvalidConversationError);
    expect(refusal).toMatchObject({ code: 'invalid_request', param });
  });

  it.each([
    ['empty', [user('')], 'messages.0.content'],
    ['without parts', [user()], 'messages.0.content'],
    ['whitespace', [system('x'), user(' \n\t\u3000')], 'messages.1.content'],
    ['empty parts', [user('q'), assistant('a'), user('', ' ')], 'messages.2.content'],
  ])('is refused for a question without image that is %s', (_, messages: readonly PromptMessage[], param) => {
    const refusal = refusalOf(messages);
    expect(refusal).toBeInstanceOf(EmptyQuestionError);
    expect(refusal).toMatchObject({ code: 'invalid_request', param });
  });

  it('may ask with an image alone', () => {
    expect(questionsOf([user(image(0))])).toEqual(['{0}\n']);
  });
});
