import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DamagedTokenizerFileError } from './errors.js';

const tokenFlagsSchema = z.looseObject({
  content: z.string(),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  single_word: z.boolean().default(false),
  normalized: z.boolean().default(true),
  special: z.boolean().default(false),
});

/** A special token: its spelling, or its spelling with flags. */
const specialTokenSchema = z.union([z.string(), tokenFlagsSchema]);

const specialTokensMapSchema = z.looseObject({
  bos_token: specialTokenSchema.nullable().optional(),
  eos_token: specialTokenSchema.nullable().optional(),
  unk_token: specialTokenSchema.nullable().optional(),
  sep_token: specialTokenSchema.nullable().optional(),
  pad_token: specialTokenSchema.nullable().optional(),
  cls_token: specialTokenSchema.nullable().optional(),
  mask_token: specialTokenSchema.nullable().optional(),
  additional_special_tokens: z.array(specialTokenSchema).nullable().optional(),
});

const tokenizerConfigSchema = specialTokensMapSchema.extend({
  tokenizer_class: z.string().optional(),
  legacy: z.boolean().nullable().optional(),
  add_bos_token: z.boolean().optional(),
  add_eos_token: z.boolean().optional(),
  split_special_tokens: z.boolean().optional(),
  extra_special_tokens: z.unknown().optional(),
  errors: z.string().optional(),
  clean_up_tokenization_spaces: z.boolean().nullable().optional(),
  added_tokens_decoder: z.record(z.string().regex(/^\d+$/), tokenFlagsSchema).optional(),
});

const addedTokensFileSchema = z.record(z.string(), z.int().min(0));

export type TokenFlags = z.infer<typeof tokenFlagsSchema>;
export type SpecialToken = z.infer<typeof specialTokenSchema>;
export type SpecialTokensMap = z.infer<typeof specialTokensMapSchema>;
export type TokenizerConfig = z.infer<typeof tokenizerConfigSchema>;

/** The JSON files beside a tokenizer's vocabulary, those that exist. */
export interface TokenizerJsonFiles {
  /** `tokenizer_config.json`; empty when there is none. */
  readonly config: TokenizerConfig;
  /** `special_tokens_map.json`; undefined when there is none. */
  readonly specialTokensMap: SpecialTokensMap | undefined;
  /** `added_tokens.json`: spelling to id; undefined when there is none. */
  readonly addedTokenIds: Readonly<Record<string, number>> | undefined;
}

/** @throws DamagedTokenizerFileError when a file is not JSON or has a field of the wrong type. */
export async function readTokenizerJsonFiles(directory: string): Promise<TokenizerJsonFiles> {
  const [config, specialTokensMap, addedTokenIds] = await Promise.all([
    readJson(join(directory, 'tokenizer_config.json'), tokenizerConfigSchema),
    readJson(join(directory, 'special_tokens_map.json'), specialTokensMapSchema),
    readJson(join(directory, 'added_tokens.json'), addedTokensFileSchema),
  ]);
  return { config: config ?? {}, specialTokensMap, addedTokenIds };
}

/**
 * The contents of a JSON file; undefined when there is none.
 * @throws DamagedTokenizerFileError when it is not JSON or not what `schema` says.
 */
export async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new DamagedTokenizerFileError(path, 'it cannot be read', error);
  }
  const parsed = schema.safeParse(parseJson(path, text));
  if (!parsed.success) throw new DamagedTokenizerFileError(path, z.prettifyError(parsed.error), parsed.error);
  return parsed.data;
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DamagedTokenizerFileError(path, 'it is not JSON', error);
  }
}
