import { type FastAddedToken, type Mark } from './added-vocabulary.js';

/** A stretch of a text: an added token with the white space it swallows, or the text between. */
export interface Part {
  readonly start: number;
  readonly text: string;
  readonly token?: FastAddedToken;
}

const ENDS_WITH_WORD = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;
const STARTS_WITH_WORD = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const SPACE = /\p{White_Space}/u;

/**
 * Cuts a text at its added tokens, and lets their flags act (`AddedVocabulary::find_matches` of `tokenizers`): a token
 * that must be a single word and is not becomes plain text again.
 */
export function splitAtMarks(text: string, marks: readonly Mark[]): Part[] {
  const parts: Part[] = [];
  let done = 0;
  const closeText = (end: number): void => {
    if (done < end) parts.push({ start: done, text: text.slice(done, end) });
  };
  for (const { start, end, token } of marks) {
    if (token.singleWord && isInsideWord(text, start, end)) continue;
    const from = token.lstrip ? Math.max(startOfSpaces(text, start), done) : start;
    const to = token.rstrip ? endOfSpaces(text, end) : end;
    closeText(from);
    parts.push({ start: from, text: text.slice(from, to), token });
    done = to;
  }
  closeText(text.length);
  return parts;
}

function isInsideWord(text: string, start: number, end: number): boolean {
  // Two UTF-16 units are enough for the character beside it.
  return (
    ENDS_WITH_WORD.test(text.slice(Math.max(0, start - 2), start)) ||
    STARTS_WITH_WORD.test(text.slice(end, end + 2))
  );
}

function startOfSpaces(text: string, end: number): number {
  let start = end;
  while (start > 0 && SPACE.test(text.charAt(start - 1))) start--;
  return start;
}

function endOfSpaces(text: string, start: number): number {
  let end = start;
  while (end < text.length && SPACE.test(text.charAt(end))) end++;
  return end;
}
