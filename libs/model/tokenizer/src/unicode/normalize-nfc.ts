/// <reference lib="es2024.string" />
import { type Pace } from '../stepwise.js';
import { orderMarks } from './order-marks.js';

/** Text of these characters alone is in NFC already. */
const COMPOSED = /^[\0-\u02ff]*$/;
/** Characters that never act on what stands before them, so that a text may be cut there. */
const CUT = /(?!\p{M})[\0-\u10ff\u1100-\u115f\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3\u{1f300}-\u{1faff}]/gu;
/** UTF-16 units that NFC makes one of: U+1F82 comes of four. */
const LONGEST_DECOMPOSITION = 4;
const CHUNK_LENGTH = 65_536;

/** Unpaired surrogates have no UTF-8 form, and become U+FFFD as invalid bytes would. */
export function wellFormed(text: string): string {
  return text.toWellFormed();
}

/** A lower bound of the length in NFC, told without normalising. */
export function fewestNormalizedCharacters(text: string): number {
  return COMPOSED.test(text) ? text.length : text.length / LONGEST_DECOMPOSITION;
}

/** `text.normalize('NFC')`, in steps, and fast for any text. */
export function* normalizeNfc(text: string, pace: Pace): Generator<void, string> {
  if (COMPOSED.test(text)) return text;
  const parts: string[] = [];
  for (const chunk of chunksOf(text)) {
    parts.push((yield* orderMarks(chunk, pace)).normalize('NFC'));
    yield;
  }
  return parts.join('');
}

function* chunksOf(text: string): Generator<string, void> {
  let start = 0;
  while (start < text.length) {
    CUT.lastIndex = start + CHUNK_LENGTH;
    const end = CUT.exec(text)?.index ?? text.length;
    yield text.slice(start, end);
    start = end;
  }
}
