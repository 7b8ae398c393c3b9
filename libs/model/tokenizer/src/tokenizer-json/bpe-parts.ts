import { type z } from 'zod';
import { type BpeModelParts } from '../bpe/bpe-model.js';
import { vocabularyOf } from '../bpe/id-table.js';
import { UnknownComponentError } from './component.js';
import { type BpeJson, bpeSchema, type TokenizerJson } from './schema.js';

/**
 * The model of a tokenizer.json.
 * @throws UnknownComponentError for another model than BPE, or options that are not supported.
 * @throws RangeError when its fields are not what they should be.
 */
export function bpePartsOf(
  model: TokenizerJson['model'],
  alphabet: BpeModelParts['alphabet'],
): BpeModelParts {
  // Files from before tokenizers 0.9 may name no type.
  const type = model.type ?? 'BPE';
  if (type !== 'BPE') throw new UnknownComponentError(`the model ${type}`);
  const parsed: z.ZodSafeParseResult<BpeJson> = bpeSchema.safeParse({ ...model, type });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new RangeError(`model.${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  refuseUnsupported(parsed.data);
  const { vocab, merges, unk_token, byte_fallback, fuse_unk, ignore_merges } = parsed.data;
  return {
    vocabulary: vocabularyOf(vocab),
    merges: merges.map(pairOf),
    alphabet,
    unknownToken: unk_token ?? undefined,
    byteFallback: byte_fallback ?? false,
    fusesUnknown: fuse_unk ?? false,
    ignoresMerges: ignore_merges ?? false,
  };
}

function refuseUnsupported(model: BpeJson): void {
  if ((model.dropout ?? 0) !== 0) throw new UnknownComponentError('BPE dropout');
  for (const option of ['continuing_subword_prefix', 'end_of_word_suffix'] as const) {
    if ((model[option] ?? '') !== '') throw new UnknownComponentError(`BPE ${option}`);
  }
}

function pairOf(merge: readonly [string, string] | string): readonly [string, string] {
  if (typeof merge !== 'string') return merge;
  const [left, right, ...rest] = merge.split(' ');
  if (left === undefined || right === undefined || rest.length > 0) {
    throw new RangeError(`the merge ${JSON.stringify(merge)} is not two tokens with a blank between them`);
  }
  return [left, right];
}
