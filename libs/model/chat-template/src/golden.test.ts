import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadTokenizer, type Tokenizer } from '@tessera/tokenizer';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Conversation, type QuestionPart, toConversation } from './conversation.js';
import { encodePrompt, promptText } from './encode-prompt.js';
import { renderPrompt } from './render-prompt.js';
import { findChatTemplate, INTERNVL2_5_SYSTEM_MESSAGE, NATIVE_TEMPLATE } from './templates.js';

interface GoldenCase {
  readonly key: string;
  readonly system?: string;
  readonly turns: readonly (readonly [question: string, answer: string | null])[];
  readonly prompt: string;
  readonly input_ids: readonly number[];
  readonly tiles_per_image: readonly number[];
}
interface Golden {
  readonly num_image_token: number;
  readonly system_message: string | null;
  readonly cases: readonly GoldenCase[];
}

const fromRoot = (path: string): URL => new URL(`../../../../${path}`, import.meta.url);
const readJson = (path: string): unknown => JSON.parse(readFileSync(fromRoot(path), 'utf8'));

interface CheckpointConfig {
  readonly model_type: string;
  readonly template?: string;
  readonly system_message?: unknown;
}

const families = [
  ...readdirSync(fromRoot('test/golden'))
    .map((family) => ({ family, checkpoint: `test/golden/${family}/checkpoint` }))
    .filter(({ checkpoint }) => existsSync(fromRoot(checkpoint))),
  { family: 'tessera-tiny', checkpoint: 'models/tessera-tiny' },
];

function conversationOf({ turns, system }: GoldenCase): Conversation {
  let image = 0;
  const questionOf = (question: string): QuestionPart[] =>
    question
      .split(/(<image>)/)
      .map((part) => (part === '<image>' ? { kind: 'image', image: image++ } : textPart(part)));
  return {
    ...(system === undefined ? {} : { system }),
    turns: turns.map(([question, answer]) => ({
      question: questionOf(question),
      ...(answer === null ? {} : { answer }),
    })),
  };
}

const textPart = (text: string): QuestionPart => ({ kind: 'text', text });

describe.each(families)('prompts of $family', ({ family, checkpoint }) => {
  const golden = readJson(`test/golden/${family}/cases.json`) as Golden;
  const config = readJson(`${checkpoint}/config.json`) as CheckpointConfig;
  const hasTemplateFile = existsSync(fromRoot(`${checkpoint}/chat_template.jinja`));
  const template =
    config.template === undefined
      ? findChatTemplate(NATIVE_TEMPLATE, hasTemplateFile ? undefined : INTERNVL2_5_SYSTEM_MESSAGE)
      : findChatTemplate(config.template, config.system_message);
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await loadTokenizer(fileURLToPath(fromRoot(checkpoint)));
  });

  it('begin with the system message of the reference', () => {
    expect(template.defaultSystemMessage ?? null).toBe(golden.system_message);
  });

  it.each(golden.cases)('are the reference prompt and its ids: $key', (expected) => {
    const parts = renderPrompt(template, conversationOf(expected));
    const tiles = expected.tiles_per_image;
    expect(promptText(parts, tiles, golden.num_image_token)).toBe(expected.prompt);
    const encoded = encodePrompt(parts, tiles, golden.num_image_token, tokenizer);
    expect(encoded.tokenIds).toEqual(expected.input_ids);
    const imageTokenId = tokenizer.tokenId('<IMG_CONTEXT>');
    const positions = expected.input_ids.flatMap((id, position) => (id === imageTokenId ? [position] : []));
    expect(encoded.imageTokenPositions).toEqual(positions);
    expect(positions).toHaveLength(tiles.reduce((sum, count) => sum + count, 0) * golden.num_image_token);
  });

  const expected = golden.cases.find(({ key }) => key === 'multi_image_separate');
  if (expected === undefined) return;
  it('are the same when the messages of a request are turned into the conversation', () => {
    const question = { type: 'text', text: 'What are the similarities and differences?' } as const;
    const images = [0, 1].map((image) => ({ type: 'image', image }) as const);
    const conversation = toConversation([{ role: 'user', content: [...images, question] }], template);
    const parts = renderPrompt(template, conversation);
    expect(promptText(parts, expected.tiles_per_image, golden.num_image_token)).toBe(expected.prompt);
  });
});
