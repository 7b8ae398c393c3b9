import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTokenizer } from './load-tokenizer.js';
import { type PromptPiece, type Tokenizer } from './tokenizer.js';

/** Recorded by fixtures/record-variants.py. */
interface Variant {
  readonly name: string;
  readonly files: {
    readonly config: {
      readonly added_tokens_decoder?: Readonly<Record<string, { readonly content: string }>>;
    };
    readonly specialTokensMap: unknown;
    readonly addedTokens: unknown;
    /** Base64; null stands for the model of models/tessera-tiny. */
    readonly model: string | null;
  };
  readonly texts: readonly { readonly text: string; readonly ids: readonly number[] }[];
  readonly idLists: readonly {
    readonly ids: readonly number[];
    readonly all: string;
    readonly skipped: string;
  }[];
}

const variants = JSON.parse(
  readFileSync(new URL('../fixtures/generated/variants.json', import.meta.url), 'utf8'),
) as readonly Variant[];
const tinyModel = fileURLToPath(new URL('../../../../models/tessera-tiny/tokenizer.model', import.meta.url));

async function writeCheckpoint(directory: string, { files }: Variant): Promise<void> {
  const jsonFiles = {
    'tokenizer_config.json': files.config,
    'special_tokens_map.json': files.specialTokensMap,
    'added_tokens.json': files.addedTokens,
  };
  for (const [name, content] of Object.entries(jsonFiles)) {
    if (content !== null) await writeFile(join(directory, name), JSON.stringify(content));
  }
  const modelPath = join(directory, 'tokenizer.model');
  if (files.model === null) await copyFile(tinyModel, modelPath);
  else await writeFile(modelPath, Buffer.from(files.model, 'base64'));
}

describe.each(variants)('a tokenizer with $name', (variant) => {
  let directory: string;
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tessera-tokenizer-'));
    await writeCheckpoint(directory, variant);
    tokenizer = await loadTokenizer(directory);
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('encodes as the reference does', () => {
    const encoded = variant.texts.map(({ text }) => ({ text, ids: tokenizer.encode(text) }));
    expect(encoded).toEqual(variant.texts);
  });

  it('decodes as the reference does, special tokens kept or skipped', () => {
    const decoded = variant.idLists.map(({ ids }) => ({
      ids,
      all: tokenizer.decode(ids, { skipSpecialTokens: false }),
      skipped: tokenizer.decode(ids, { skipSpecialTokens: true }),
    }));
    expect(decoded).toEqual(variant.idLists);
  });

  it('streams the text that decoding gives', () => {
    const streamed = variant.idLists.map(({ ids }) => {
      const stream = tokenizer.createTextStream();
      return ids.map((id) => stream.push(id)).join('') + stream.end();
    });
    expect(streamed).toEqual(variant.idLists.map(({ skipped }) => skipped));
  });

  it('gives plain text no id of an added token, unknown text aside', () => {
    const unknownId = tokenizer.tokenId('<unk>');
    const addedIds = Object.keys(variant.files.config.added_tokens_decoder ?? {}).map(Number);
    const forbidden = new Set(addedIds.filter((id) => id !== unknownId));
    const frame = tokenizer.encodePieces([]);
    for (const { text } of variant.texts) {
      const ids = tokenizer.encodePieces([{ kind: 'text', text }]);
      const forged = ids.filter((id) => forbidden.has(id) && !frame.includes(id));
      expect({ text, forged }).toEqual({ text, forged: [] });
      expect(ids.filter((id) => frame.includes(id))).toHaveLength(frame.length);
    }
  });

  // Where an added token overrides a base piece, plain text is cut into other pieces on purpose.
  const { added_tokens_decoder: addedTokens } = variant.files.config;
  if (addedTokens === undefined || variant.name.endsWith('added tokens over base pieces')) return;
  it('encodes pieces as the whole text', () => {
    const added = Object.values(addedTokens).map(({ content }) => content);
    const pattern = new RegExp(
      `(${added.map((content) => content.replaceAll('|', String.raw`\|`)).join('|')})`,
    );
    for (const { text, ids } of variant.texts) {
      const pieces = text
        .split(pattern)
        .map((part, index): PromptPiece =>
          index % 2 === 1 ? { kind: 'token', token: part } : { kind: 'text', text: part },
        );
      expect({ text, ids: tokenizer.encodePieces(pieces) }).toEqual({ text, ids });
    }
  });
});
