import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadTokenizer } from './load-tokenizer.js';
import { type PromptPiece, type Tokenizer } from './tokenizer.js';

interface TextCase {
  readonly text: string;
  readonly ids: readonly number[];
}
interface AnswerCase {
  readonly key: string;
  readonly prompt: string;
  readonly input_ids: readonly number[];
  readonly tokens: readonly number[];
  readonly text: string;
}

const fromRoot = (path: string): URL => new URL(`../../../../${path}`, import.meta.url);
const readJson = (path: string): unknown => JSON.parse(readFileSync(fromRoot(path), 'utf8'));

const families = [
  'mini-internvl-chat-4b-v1-5',
  'mini-internvl-chat-2b-v1-5',
  'internvl-chat-v1-5',
  'internvl-chat-v1-2',
  'internvl-chat-v1-1',
  'internvl2-1b',
  'internvl2_5-4b',
  'internvl3_5-qwen3',
  'internvl3-hf-qwen2',
  'internvl3_5-hf-qwen3',
]
  .map((family) => ({ family, checkpoint: `test/golden/${family}/checkpoint` }))
  .concat({ family: 'tessera-tiny', checkpoint: 'models/tessera-tiny' });

interface AddedTokens {
  readonly added_tokens?: readonly { readonly content: string }[];
  readonly added_tokens_decoder?: Readonly<Record<string, { readonly content: string }>>;
}

/** Spellings of the added tokens: from tokenizer_config.json, or from tokenizer.json. */
function addedTokensOf(checkpoint: string): string[] {
  const config = readJson(`${checkpoint}/tokenizer_config.json`) as AddedTokens;
  const tokens =
    config.added_tokens_decoder === undefined
      ? (readJson(`${checkpoint}/tokenizer.json`) as AddedTokens).added_tokens
      : Object.values(config.added_tokens_decoder);
  return (tokens ?? []).map(({ content }) => content);
}

/** The text as pieces, cut where the reference finds added tokens. */
function piecesOf(text: string, addedTokens: readonly string[]): PromptPiece[] {
  const escaped = addedTokens.map((token) => token.replaceAll('|', String.raw`\|`));
  return text
    .split(new RegExp(`(${escaped.join('|')})`))
    .map((part, index) => (index % 2 === 1 ? { kind: 'token', token: part } : { kind: 'text', text: part }));
}

describe.each(families)('the tokenizer of $family', ({ family, checkpoint }) => {
  const texts = readJson(`test/golden/${family}/tokenizer.json.cases.json`) as TextCase[];
  const { cases } = readJson(`test/golden/${family}/cases.json`) as { cases: AnswerCase[] };
  const added = addedTokensOf(checkpoint);
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await loadTokenizer(fileURLToPath(fromRoot(checkpoint)));
  });

  it('has recorded cases to check against', () => {
    expect(texts.length).toBeGreaterThan(5);
    expect(cases.length).toBeGreaterThan(4);
    expect(added.length).toBeGreaterThan(5);
  });

  it.each(texts)('encodes $text', ({ text, ids }) => {
    expect(tokenizer.encode(text)).toEqual(ids);
    expect(tokenizer.encodePieces(piecesOf(text, added))).toEqual(ids);
  });

  it.each(cases)('encodes the prompt of $key, whole and in pieces', ({ prompt, input_ids: ids }) => {
    expect(tokenizer.encode(prompt)).toEqual(ids);
    expect(tokenizer.encodePieces(piecesOf(prompt, added))).toEqual(ids);
  });

  it.each(cases)('decodes the answer of $key, whole and as a stream', ({ tokens, text }) => {
    expect(tokenizer.decode(tokens, { skipSpecialTokens: true })).toBe(text);
    const stream = tokenizer.createTextStream();
    expect(tokens.map((token) => stream.push(token)).join('') + stream.end()).toBe(text);
  });

  it.each(cases)('gives the tokens of $key the bytes that its text has', ({ tokens, text }) => {
    const isSpecial = (id: number): boolean =>
      tokenizer.decode([id], { skipSpecialTokens: true }) === '' &&
      tokenizer.decode([id], { skipSpecialTokens: false }) !== '';
    const bytes = tokens.flatMap((id) => (isSpecial(id) ? [] : [...tokenizer.tokenBytes(id)]));
    // A text has other U+FFFD for bytes that are no character, and not the space before its first word.
    const comparable = (value: string): string => value.replaceAll(/\ufffd+/g, '\ufffd').trimStart();
    expect(comparable(Buffer.from(bytes).toString())).toBe(comparable(text));
  });
});

it('byte tokens of a tokenizer.json stand for their byte, others for their letters', async () => {
  const checkpoint = 'test/golden/internvl2_5-hf-internlm2/checkpoint';
  const tokenizer = await loadTokenizer(fileURLToPath(fromRoot(checkpoint)));
  const written = (token: string): number[] => [...tokenizer.tokenBytes(tokenizer.tokenId(token) ?? NaN)];
  expect(written('<0x0A>')).toEqual([0x0a]);
  expect(written('<0xE2>')).toEqual([0xe2]);
  expect(written('<|im_end|>')).toEqual([...Buffer.from('<|im_end|>')]);
  for (const text of ['orange', ' orange', '请详细', '\u{1f9ea}']) {
    const ids = tokenizer.encode(text).filter((id) => id !== tokenizer.bosTokenId);
    expect(Buffer.concat(ids.map((id) => tokenizer.tokenBytes(id))).toString()).toBe(text);
  }
  expect(tokenizer.tokenBytes(1_000_000)).toEqual(new Uint8Array());
});
