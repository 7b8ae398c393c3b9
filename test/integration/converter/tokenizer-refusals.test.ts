import { truncate, writeFile } from 'node:fs/promises';
import { TokenMissingError, TokenOutsideVocabularyError } from '@tessera/converter';
import { DamagedTokenizerFileError, TokenizerNotFoundError } from '@tessera/tokenizer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CheckpointEditor, type Json } from './checkpoint-editor.js';
import { type ErrorClass, Refusals } from './refusals.js';

let refusals: Refusals;
beforeAll(async () => {
  refusals = await Refusals.prepare();
});
afterAll(() => refusals.remove());

/** Takes an added token out of every file that names it. */
async function forget(checkpoint: CheckpointEditor, token: string): Promise<void> {
  await checkpoint.editJson('added_tokens.json', (ids) => void delete ids[token]);
  await checkpoint.editJson('special_tokens_map.json', (map) => void delete map['additional_special_tokens']);
  await checkpoint.editJson('tokenizer_config.json', (config) => {
    delete config['additional_special_tokens'];
    const decoder = config['added_tokens_decoder'] as Record<string, Json>;
    for (const [id, { content }] of Object.entries(decoder)) if (content === token) delete decoder[id];
  });
}

/** Leaves the first rows of the vocabulary's two tables. */
async function cutVocabulary(checkpoint: CheckpointEditor, rows: number): Promise<void> {
  await checkpoint.editTensors((tensors) =>
    tensors.map((tensor) => {
      if (!/embed_tokens|lm_head/.test(tensor.name)) return tensor;
      const [, width = 0] = tensor.shape;
      return { ...tensor, shape: [rows, width], bytes: tensor.bytes.subarray(0, 2 * rows * width) };
    }),
  );
}

describe('a tokenizer that prompts cannot be written with is refused before weights are', () => {
  it.each<[string, (checkpoint: CheckpointEditor) => Promise<void>, ErrorClass, (string | RegExp)[]]>([
    [
      'is missing',
      (checkpoint) => checkpoint.remove('tokenizer.model'),
      TokenizerNotFoundError,
      ['tokenizer.model'],
    ],
    [
      'is cut short',
      (checkpoint) => truncate(checkpoint.file('tokenizer.model'), 5000),
      DamagedTokenizerFileError,
      ['tokenizer.model'],
    ],
    [
      'is a pointer of Git LFS',
      (checkpoint) =>
        writeFile(checkpoint.file('tokenizer.model'), 'version https://git-lfs.github.com/spec/v1\n'),
      DamagedTokenizerFileError,
      ['tokenizer.model'],
    ],
    [
      'has no image token',
      (checkpoint) => forget(checkpoint, '<IMG_CONTEXT>'),
      TokenMissingError,
      ['no token "<IMG_CONTEXT>"', 'added_tokens.json'],
    ],
    [
      'has no token that closes an image',
      (checkpoint) => forget(checkpoint, '</img>'),
      TokenMissingError,
      ['no token "</img>"'],
    ],
    [
      'is of another model than the chat template',
      (checkpoint) => checkpoint.setConfig('template', 'internlm2-chat'),
      TokenMissingError,
      ['no token "<|im_start|>"', 'chat template internlm2-chat'],
    ],
    [
      'has more tokens than the embedding table',
      (checkpoint) => cutVocabulary(checkpoint, 700),
      TokenOutsideVocabularyError,
      [/gives "<\S+>" the id 7\d\d, the embedding table has 700 rows/, 'from one download'],
    ],
    [
      'has an embedding table without rows',
      (checkpoint) => cutVocabulary(checkpoint, 0),
      TokenOutsideVocabularyError,
      ['the embedding table has 0 rows'],
    ],
  ])('one that %s', async (_, damage, errorClass, mentions) => {
    const checkpoint = await refusals.checkpoint();
    await damage(checkpoint);
    const progress: unknown[] = [];
    const onProgress = (step: unknown): void => void progress.push(step);
    await refusals.expect(checkpoint.directory, errorClass, [checkpoint.directory, ...mentions], {
      onProgress,
    });
    expect(progress).toEqual([]);
  });
});
