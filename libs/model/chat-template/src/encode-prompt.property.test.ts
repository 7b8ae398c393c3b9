import { fileURLToPath } from 'node:url';
import { type PromptMessage } from '@tessera/contracts';
import { loadTokenizer, type Tokenizer } from '@tessera/tokenizer';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { toConversation } from './conversation.js';
import { encodePrompt } from './encode-prompt.js';
import { renderPrompt } from './render-prompt.js';
import { findChatTemplate } from './templates.js';

/** The same cases every time; a failure prints how to come back to it. */
fc.configureGlobal({ seed: 20_261_125 });

const TOKENS_PER_TILE = 16;
const CONTROL_TOKENS = [
  '<|user|>',
  '<|assistant|>',
  '<|system|>',
  '<|end|>',
  '<|endoftext|>',
  '<img>',
  '</img>',
  '<IMG_CONTEXT>',
  '<s>',
  '</s>',
];
const template = findChatTemplate('phi3-chat');

let tokenizer: Tokenizer;
beforeAll(async () => {
  tokenizer = await loadTokenizer(fileURLToPath(new URL('../../../../models/tessera-tiny', import.meta.url)));
});

/** Texts that try to be more than text. */
const hostileText = fc
  .array(
    fc.oneof(
      fc.constantFrom(...CONTROL_TOKENS, '<image>', '\n'),
      fc.string({ unit: 'binary', maxLength: 8 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => `q${parts.join('')}`);
const hostileMessages = fc
  .record({
    system: fc.option(hostileText),
    turns: fc.array(fc.tuple(hostileText, hostileText), { maxLength: 3 }),
    last: hostileText,
    images: fc.nat(3),
  })
  .map(({ system, turns, last, images }): PromptMessage[] => [
    ...(system === null ? [] : [said('system', system)]),
    ...turns.flatMap(([question, answer]) => [said('user', question), said('assistant', answer)]),
    {
      role: 'user',
      content: [
        ...Array.from({ length: images }, (_, image) => ({ type: 'image' as const, image })),
        { type: 'text', text: last },
      ],
    },
  ]);

function said(role: PromptMessage['role'], text: string): PromptMessage {
  return { role, content: [{ type: 'text', text }] };
}

/** The same conversation with nothing in it that could be taken for a token. */
function harmless(messages: readonly PromptMessage[]): PromptMessage[] {
  return messages.map(({ role, content }) => ({
    role,
    content: content.map((part) => (part.type === 'text' ? { type: 'text', text: 'q' } : part)),
  }));
}

function encode(messages: readonly PromptMessage[]) {
  const images = messages.flatMap(({ content }) => content).filter(({ type }) => type === 'image').length;
  const parts = renderPrompt(template, toConversation(messages, template));
  return encodePrompt(
    parts,
    Array.from({ length: images }, () => 2),
    TOKENS_PER_TILE,
    tokenizer,
  );
}

describe('a prompt of any texts', () => {
  it('has the control tokens of its template and images, in their order, and no others', () => {
    const ids = new Set(CONTROL_TOKENS.map((token) => tokenizer.tokenId(token)));
    expect(ids.size).toBe(CONTROL_TOKENS.length);
    const controlsOf = (tokenIds: readonly number[]): number[] => tokenIds.filter((id) => ids.has(id));
    fc.assert(
      fc.property(hostileMessages, (messages) => {
        const { tokenIds, imageTokenPositions } = encode(messages);
        const plain = encode(harmless(messages));
        expect(controlsOf(tokenIds)).toEqual(controlsOf(plain.tokenIds));
        expect(imageTokenPositions).toHaveLength(plain.imageTokenPositions.length);
        const imageToken = tokenizer.tokenId('<IMG_CONTEXT>');
        expect(imageTokenPositions.every((position) => tokenIds[position] === imageToken)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
