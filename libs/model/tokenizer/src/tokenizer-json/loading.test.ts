import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DamagedTokenizerFileError, UnknownPromptTokenError, UnsupportedTokenizerError } from '../errors.js';
import { loadTokenizer } from '../load-tokenizer.js';
import { type Tokenizer } from '../tokenizer.js';

interface TokenizerFile {
  added_tokens: unknown[];
  model: { vocab: Record<string, number>; merges: unknown[] };
}

const checkpoint = new URL('../../../../../test/golden/internvl3-hf-qwen2/checkpoint/', import.meta.url);

let directory: string;
let original: TokenizerFile;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tessera-tokenizer-'));
  original = JSON.parse(await readFile(new URL('tokenizer.json', checkpoint), 'utf8')) as TokenizerFile;
});
afterEach(() => rm(directory, { recursive: true }));

async function loadWith(changes: object, config: object = {}): Promise<Tokenizer> {
  await writeFile(join(directory, 'tokenizer.json'), JSON.stringify({ ...original, ...changes }));
  await writeFile(join(directory, 'tokenizer_config.json'), JSON.stringify(config));
  return loadTokenizer(directory);
}
const model = (changes: object): object => ({ model: { ...original.model, ...changes } });

describe('a tokenizer.json that asks for what is not there', () => {
  const split = (changes: object): object => ({
    type: 'Split',
    pattern: { Regex: String.raw`\p{L}+` },
    behavior: 'Isolated',
    invert: false,
    ...changes,
  });
  it.each([
    [{ normalizer: { type: 'Lowercase' } }, 'the normalizer Lowercase'],
    [
      { normalizer: { type: 'Replace', pattern: { Regex: 'x' }, content: '' } },
      'the normalizer Replace with this pattern',
    ],
    [{ pre_tokenizer: { type: 'Whitespace' } }, 'the pre-tokenizer Whitespace'],
    [{ pre_tokenizer: split({}) }, String.raw`the pre-tokenizer Split with the pattern "\\p{L}+"`],
    [{ pre_tokenizer: split({ behavior: 'Removed' }) }, 'the pre-tokenizer Split with this behavior'],
    [
      { pre_tokenizer: { type: 'ByteLevel', add_prefix_space: true, use_regex: true } },
      'add_prefix_space, use_regex',
    ],
    [{ post_processor: { type: 'BertProcessing' } }, 'the post-processor BertProcessing'],
    [
      { post_processor: { type: 'TemplateProcessing', single: [], special_tokens: {} } },
      'TemplateProcessing without the text',
    ],
    [{ decoder: { type: 'WordPiece' } }, 'the decoder WordPiece'],
    [{ decoder: null }, 'no decoder'],
    [
      { decoder: { type: 'Sequence', decoders: [{ type: 'Fuse' }, { type: 'ByteFallback' }] } },
      'ByteFallback after Fuse',
    ],
    [{ model: { type: 'Unigram' } }, 'the model Unigram'],
    [{ model: { type: 'BPE', vocab: {}, merges: [], dropout: 0.1 } }, 'BPE dropout'],
    [{ model: { type: 'BPE', vocab: {}, merges: [], end_of_word_suffix: '</w>' } }, 'BPE end_of_word_suffix'],
  ])('is refused by name: %j', async (changes, feature) => {
    const refusal = loadWith(changes);
    await expect(refusal).rejects.toThrow(UnsupportedTokenizerError);
    await expect(refusal).rejects.toThrow(feature);
  });

  it('is refused when special tokens are to be split', async () => {
    await expect(loadWith({}, { split_special_tokens: true })).rejects.toThrow(UnsupportedTokenizerError);
  });
});

describe('a damaged tokenizer.json', () => {
  it.each([
    [() => ({ model: 1 }), 'model'],
    [() => model({ merges: [['h', 'no such token']] }), 'no such token'],
    [() => model({ merges: ['h e y'] }), 'two tokens'],
    [() => model({ unk_token: '<none>' }), '<none>'],
    [() => model({ vocab: { a: 0, b: 0 }, merges: [] }), 'an id of its own'],
    [() => ({ added_tokens: [{ id: 9_999, content: '<new>' }] }), '"<new>" has id 9999'],
  ])('is refused, and says why: case %#', async (changes, reason) => {
    const refusal = loadWith(changes());
    await expect(refusal).rejects.toThrow(DamagedTokenizerFileError);
    await expect(refusal).rejects.toThrow(reason);
    await expect(refusal).rejects.toThrow(join(directory, 'tokenizer.json'));
  });
});

describe('a tokenizer.json', () => {
  it('may have a token spelled like a property of every object', async () => {
    const table = `{"_":0,"p":1,"__":2,"__p":3,"__proto__":4,"r":5,"o":6,"t":7,"__proto":8,"__pr":9,"__pro":10,"__prot":11}`;
    const merges = ['_ _', '__ p', '__p r', '__pr o', '__pro t', '__prot o', '__proto __'];
    const content = JSON.stringify({
      ...original,
      ...model({ merges }),
      pre_tokenizer: null,
      added_tokens: [],
    });
    const vocabulary = JSON.stringify(original.model.vocab);
    await writeFile(join(directory, 'tokenizer.json'), content.replace(vocabulary, table));
    const tokenizer = await loadTokenizer(directory);
    expect(tokenizer.encode('__proto__')).toEqual([4]);
  });

  it('comes before the other forms', async () => {
    await writeFile(join(directory, 'tokenizer.model'), 'no model');
    const tokenizer = await loadWith({});
    expect(tokenizer.tokenId('<|im_end|>')).toBe(376);
  });

  it('has the tokens that a prompt may name, and no others', async () => {
    const tokenizer = await loadWith({});
    expect(tokenizer.encodePieces([{ kind: 'token', token: '<img>' }])).toEqual([378]);
    expect(() => tokenizer.encodePieces([{ kind: 'token', token: 'he' }])).toThrow(UnknownPromptTokenError);
  });

  it('replaces unpaired surrogates, and joins those of neighbouring texts', async () => {
    const tokenizer = await loadWith({});
    const text = (value: string) => ({ kind: 'text', text: value }) as const;
    expect(tokenizer.encode('a\ud83d')).toEqual(tokenizer.encode('a\ufffd'));
    expect(tokenizer.encodePieces([text('\ud83d'), text('\ude42')])).toEqual(tokenizer.encode('🙂'));
  });
});
