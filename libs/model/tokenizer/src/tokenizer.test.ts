import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  DamagedTokenizerFileError,
  TokenizerNotFoundError,
  UnknownPromptTokenError,
  UnsupportedTokenizerError,
} from './errors.js';
import { loadTokenizer } from './load-tokenizer.js';
import { type Tokenizer } from './tokenizer.js';

const checkpoint = fileURLToPath(new URL('../../../../models/tessera-tiny', import.meta.url));
const ADDED_TOKENS = [
  '<|user|>',
  '<|assistant|>',
  '<|system|>',
  '<|end|>',
  '<|endoftext|>',
  '<img>',
  '</img>',
];
const CONTROL_TOKENS = [...ADDED_TOKENS, '<IMG_CONTEXT>', '<s>', '</s>', '<unk>', '<box>', '</ref>'];

let tokenizer: Tokenizer;
beforeAll(async () => {
  tokenizer = await loadTokenizer(checkpoint);
});

const text = (value: string) => ({ kind: 'text', text: value }) as const;
const token = (value: string) => ({ kind: 'token', token: value }) as const;
const withoutBos = (ids: readonly number[]): number[] => ids.slice(1);
const decode = (ids: readonly number[]): string => tokenizer.decode(ids, { skipSpecialTokens: true });

describe('text in prompt pieces', () => {
  it.each(CONTROL_TOKENS)('never becomes the token it spells: %s', (spelling) => {
    const tokenId = tokenizer.tokenId(spelling);
    expect(tokenizer.encodePieces([token(spelling)])).toContain(tokenId);
    const ids = withoutBos(tokenizer.encodePieces([text(`a ${spelling} b${spelling}`), text(spelling)]));
    expect(ids).not.toContain(tokenId);
    expect(decode(ids)).toBe(`a ${spelling} b${spelling}${spelling}`);
  });

  it('does not become a token when a spelling is spread over neighbouring pieces', () => {
    const ids = withoutBos(tokenizer.encodePieces([text('<|us'), text('er|>')]));
    expect(ids).not.toContain(tokenizer.tokenId('<|user|>'));
    expect(ids).toEqual(withoutBos(tokenizer.encodePieces([text('<|user|>')])));
  });

  it('does not become a byte token', () => {
    expect(decode(tokenizer.encodePieces([text('<0x41><0x0A>')]))).toBe('<0x41><0x0A>');
  });

  it('counts as one text when pieces are neighbours, and not across a token', () => {
    expect(tokenizer.encodePieces([text('What is'), text(''), text(' this?')])).toEqual(
      tokenizer.encode('What is this?'),
    );
    expect(tokenizer.encodePieces([text('ab'), token('<img>'), text('cd')])).toEqual(
      tokenizer.encode('ab<img>cd'),
    );
  });

  it('loses the whitespace that the token before it swallows', () => {
    const stripped = tokenizer.encodePieces([token('<|user|>'), text('\n'), text('\u00a0Hi')]);
    expect(stripped).toEqual(tokenizer.encodePieces([token('<|user|>'), text('Hi')]));
  });

  it('is refused a token that the tokenizer does not have', () => {
    expect(() => tokenizer.encodePieces([token('<|im_start|>')])).toThrow(UnknownPromptTokenError);
    expect(() => tokenizer.encodePieces([token('a')])).toThrow(UnknownPromptTokenError);
  });
});

describe('unusual text', () => {
  it('gives the beginning token alone when it is empty', () => {
    expect(tokenizer.encode('')).toEqual([tokenizer.bosTokenId]);
    expect(tokenizer.encodePieces([])).toEqual([tokenizer.bosTokenId]);
    expect(tokenizer.encodePieces([text('')])).toEqual([tokenizer.bosTokenId]);
    expect(decode([])).toBe('');
    expect(tokenizer.createTextStream().end()).toBe('');
  });

  it.each(['\ud800', '\udc00x', 'a\ud83d', '\ude42\ud83d'])('replaces lone surrogates: %j', (broken) => {
    const repaired = broken.replace(/[\ud800-\udfff]/g, '\ufffd');
    expect(tokenizer.encode(broken)).toEqual(tokenizer.encode(repaired));
    expect(decode(tokenizer.encode(broken))).toBe(repaired);
  });

  it.each(['A', ' ', '\n', '中', '🙂', '\u2581', '\0', '<'])(
    'keeps a run of 20,000 times %j',
    (character) => {
      const run = character.repeat(20_000);
      const expected = character === '\u2581' ? ' '.repeat(20_000) : run;
      const ids = tokenizer.encode(`x${run}x`);
      expect(decode(ids)).toBe(`x${expected}x`);
      expect(tokenizer.encodePieces([text(`x${run}x`)])).toEqual(ids);
    },
  );

  it('finds every one of many added tokens', () => {
    const ids = withoutBos(tokenizer.encode('<IMG_CONTEXT>'.repeat(10_240)));
    expect(ids).toEqual(new Array<number>(10_240).fill(tokenizer.tokenId('<IMG_CONTEXT>') ?? 0));
  });
});

describe('a text stream', () => {
  const byte = (value: number): number =>
    tokenizer.tokenId(`<0x${value.toString(16).toUpperCase().padStart(2, '0')}>`) ?? Number.NaN;
  const pushBytes = (...values: number[]): string[] => {
    const stream = tokenizer.createTextStream();
    return [...values.map((value) => stream.push(byte(value))), stream.end()];
  };

  it('holds a character back until its last byte', () => {
    expect(pushBytes(0xf0, 0x9f, 0x99, 0x82)).toEqual(['', '', '', '🙂', '']);
    expect(pushBytes(0xc3, 0xa9, 0xe4, 0xb8, 0xad)).toEqual(['', 'é', '', '', '中', '']);
  });

  it('gives up a character as soon as no byte can complete it', () => {
    expect(pushBytes(0xc0)).toEqual(['\ufffd', '']);
    expect(pushBytes(0xff, 0x80)).toEqual(['\ufffd', '\ufffd', '']);
    expect(pushBytes(0xe0, 0x80, 0x41)).toEqual(['', '\ufffd\ufffd', 'A', '']);
    expect(pushBytes(0xed, 0xa0, 0x80)).toEqual(['', '\ufffd\ufffd', '\ufffd', '']);
    expect(pushBytes(0xf4, 0x90)).toEqual(['', '\ufffd\ufffd', '']);
    expect(pushBytes(0xf0, 0x9f, 0x41)).toEqual(['', '', '\ufffd\ufffdA', '']);
  });

  it('gives up an incomplete character at an ordinary token and at the end', () => {
    const stream = tokenizer.createTextStream();
    expect(stream.push(byte(0xe4))).toBe('');
    expect(stream.push(tokenizer.tokenId('a') ?? 0)).toBe('\ufffda');
    expect(pushBytes(0xf0, 0x9f, 0x99)).toEqual(['', '', '', '\ufffd\ufffd\ufffd']);
  });

  it('never ends inside a character, and adds up to the decoded text, for any bytes', () => {
    // All two-byte beginnings that matter, each followed by bytes of every class.
    const interesting = [0x41, 0x80, 0x9f, 0xa0, 0xbf, 0xc2, 0xe0, 0xe4, 0xed, 0xf0, 0xf4, 0xf8];
    for (const first of interesting) {
      for (const second of interesting) {
        for (const third of interesting) {
          const values = [first, second, third, 0x80, 0x41];
          const parts = pushBytes(...values);
          for (const part of parts) expect(part).not.toMatch(/\p{Surrogate}/u);
          expect(parts.join('')).toBe(decode(values.map(byte)));
        }
      }
    }
  });

  it('skips special tokens and ids that stand for no token', () => {
    const ids = tokenizer.encode('a<|end|>b');
    expect(decode([...ids, 999_999, -1])).toBe(decode(ids));
    const stream = tokenizer.createTextStream();
    expect([...ids, 999_999, -1].map((id) => stream.push(id)).join('') + stream.end()).toBe(decode(ids));
  });
});

describe('loading', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tessera-tokenizer-'));
    for (const file of ['tokenizer.model', 'tokenizer_config.json']) {
      await cp(join(checkpoint, file), join(directory, file));
    }
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('names the files that it looked for when there is no tokenizer', async () => {
    await rm(join(directory, 'tokenizer.model'));
    const refusal = loadTokenizer(directory);
    await expect(refusal).rejects.toThrow(TokenizerNotFoundError);
    await expect(refusal).rejects.toThrow('tokenizer.model');
  });

  it.each([
    ['tokenizer.model', 'not a model'],
    ['tokenizer.model', ''],
    ['tokenizer_config.json', '{'],
    ['tokenizer_config.json', '{"legacy":"yes"}'],
    ['added_tokens.json', '{"<img>":"x"}'],
    ['special_tokens_map.json', '[]'],
  ])('refuses a damaged %s: %j', async (file, content) => {
    await writeFile(join(directory, file), content);
    const refusal = loadTokenizer(directory);
    await expect(refusal).rejects.toThrow(DamagedTokenizerFileError);
    await expect(refusal).rejects.toThrow(join(directory, file));
  });

  it('refuses a model that was cut short', async () => {
    const bytes = await readFile(join(directory, 'tokenizer.model'));
    await writeFile(join(directory, 'tokenizer.model'), bytes.subarray(0, bytes.length - 3));
    await expect(loadTokenizer(directory)).rejects.toThrow(DamagedTokenizerFileError);
  });

  it.each([
    ['{"tokenizer_class":"T5Tokenizer"}', 'T5Tokenizer'],
    ['{"clean_up_tokenization_spaces":true}', 'clean_up_tokenization_spaces'],
  ])('refuses what it would tokenise differently: %s', async (config, feature) => {
    await writeFile(join(directory, 'tokenizer_config.json'), config);
    const refusal = loadTokenizer(directory);
    await expect(refusal).rejects.toThrow(UnsupportedTokenizerError);
    await expect(refusal).rejects.toThrow(feature);
  });
});
