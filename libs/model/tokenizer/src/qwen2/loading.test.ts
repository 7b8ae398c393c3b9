import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DamagedTokenizerFileError, TokenizerNotFoundError, UnsupportedTokenizerError } from '../errors.js';
import { loadTokenizer, TOKENIZER_FILES } from '../index.js';

const checkpoint = fileURLToPath(
  new URL('../../../../../test/golden/internvl2_5-4b/checkpoint', import.meta.url),
);
const FILES = ['vocab.json', 'merges.txt', 'tokenizer_config.json'];

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tessera-tokenizer-'));
  for (const file of FILES) await cp(join(checkpoint, file), join(directory, file));
});
afterEach(() => rm(directory, { recursive: true }));

describe('a directory with vocab.json and merges.txt', () => {
  it('is a tokenizer, of files that a converter knows to copy', async () => {
    expect(TOKENIZER_FILES).toEqual(expect.arrayContaining(FILES));
    expect((await loadTokenizer(directory)).encode('a<|im_end|>')).toEqual([65, 376]);
  });

  it('is none without one of the two', async () => {
    await rm(join(directory, 'merges.txt'));
    await expect(loadTokenizer(directory)).rejects.toThrow(TokenizerNotFoundError);
  });

  it.each([
    ['a merge of three', (merges: string) => `${merges}a b c\n`, 'not two tokens'],
    [
      'a merge before its parts',
      (merges: string) => merges.replace('Ġ t\n', '').replace('Ġt he\n', 'Ġt he\nĠ t\n'),
      '"Ġt he" is out of order',
    ],
    ['a merge twice', (merges: string) => `${merges}h e\n`, '"h e" is out of order'],
    ['a merge into no token', (merges: string) => `${merges}z q\n`, 'zq'],
  ])('is damaged with %s', async (_, damage, reason) => {
    const path = join(directory, 'merges.txt');
    await writeFile(path, damage(await readFile(path, 'utf8')));
    const refusal = loadTokenizer(directory);
    await expect(refusal).rejects.toThrow(DamagedTokenizerFileError);
    await expect(refusal).rejects.toThrow(reason);
  });

  it('is damaged without a token for every byte', async () => {
    const path = join(directory, 'vocab.json');
    const vocabulary = Object.entries(JSON.parse(await readFile(path, 'utf8')) as Record<string, number>);
    const withoutOne = vocabulary.filter(([token]) => token !== '!');
    await writeFile(path, JSON.stringify(Object.fromEntries(withoutOne)));
    await expect(loadTokenizer(directory)).rejects.toThrow('byte 33');
  });

  it.each([
    { tokenizer_class: 'GPT2Tokenizer' },
    { errors: 'ignore' },
    { split_special_tokens: true },
    { clean_up_tokenization_spaces: true },
  ])('is not supported with %j', async (config) => {
    await writeFile(join(directory, 'tokenizer_config.json'), JSON.stringify(config));
    await expect(loadTokenizer(directory)).rejects.toThrow(UnsupportedTokenizerError);
  });
});
