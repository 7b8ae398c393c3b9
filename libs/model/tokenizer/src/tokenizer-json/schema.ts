import { z } from 'zod';
import { idTableSchema } from '../bpe/id-table.js';

const addedTokenSchema = z.looseObject({
  id: z.int().min(0),
  content: z.string(),
  single_word: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  normalized: z.boolean().default(true),
  special: z.boolean().default(false),
});

/** A normalizer, pre-tokenizer, post-processor or decoder: its type and fields of its own. */
const componentSchema = z.looseObject({ type: z.string() });

const pairSchema = z.tuple([z.string(), z.string()]);

/** A `BPE` model. Merges are pairs, or, before tokenizers 0.20, two tokens with a blank between them. */
export const bpeSchema = z.looseObject({
  type: z.literal('BPE'),
  dropout: z.number().nullish(),
  unk_token: z.string().nullish(),
  continuing_subword_prefix: z.string().nullish(),
  end_of_word_suffix: z.string().nullish(),
  fuse_unk: z.boolean().nullish(),
  byte_fallback: z.boolean().nullish(),
  ignore_merges: z.boolean().nullish(),
  vocab: idTableSchema,
  merges: z.union([z.array(pairSchema), z.array(z.string())]),
});

export const tokenizerJsonSchema = z.looseObject({
  added_tokens: z.array(addedTokenSchema).default([]),
  normalizer: componentSchema.nullish(),
  pre_tokenizer: componentSchema.nullish(),
  post_processor: componentSchema.nullish(),
  decoder: componentSchema.nullish(),
  model: z.looseObject({ type: z.string().optional() }),
});

export type Component = z.infer<typeof componentSchema>;
export type BpeJson = z.infer<typeof bpeSchema>;
export type TokenizerJson = z.infer<typeof tokenizerJsonSchema>;
