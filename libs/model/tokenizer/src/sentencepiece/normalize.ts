import { type NormalizerSpec } from './read-model.js';
import { SPACE_SYMBOL } from './vocabulary.js';

/** Surrogates that are no half of a pair: they have no UTF-8 form, and become U+FFFD as invalid bytes would. */
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** SentencePiece's `Normalizer::Normalize` for models without a character map. */
export function normalize(text: string, spec: NormalizerSpec): string {
  let normalized = text.replace(LONE_SURROGATE, '\ufffd');
  const space = spec.escapeWhitespaces ? SPACE_SYMBOL : ' ';
  if (spec.removeExtraWhitespaces) {
    normalized = normalized.replace(/^ +/, '').replace(/ {2,}/g, ' ');
  }
  if (normalized === '') return '';
  if (spec.escapeWhitespaces) normalized = normalized.replaceAll(' ', SPACE_SYMBOL);
  if (spec.addDummyPrefix) normalized = space + normalized;
  return spec.removeExtraWhitespaces ? withoutTrailing(normalized, space) : normalized;
}

function withoutTrailing(text: string, character: string): string {
  let end = text.length;
  while (end > 0 && text.charAt(end - 1) === character) end--;
  return text.slice(0, end);
}
