/** Levels of objects and lists that a JSON body may have. */
export const MAX_JSON_DEPTH = 32;
/** Values that a JSON body may hold: keeps a body of empty lists from unfolding to gigabytes. */
export const MAX_JSON_VALUES = 100_000;

export type JsonStructureViolation = 'too_deep' | 'too_many_values';

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/**
 * Looks for more nesting or values than allowed *before* the text is parsed, without allocating. Whether the text is
 * JSON at all is the parser's question. Works on UTF-8 bytes, where quotes and brackets never occur inside a character.
 */
export function findJsonStructureViolation(bytes: Uint8Array): JsonStructureViolation | undefined {
  let depth = 0;
  let values = 1;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte === QUOTE) {
      index = endOfString(bytes, index);
    } else if (OPENING.has(byte)) {
      depth += 1;
      values += 1;
      if (depth > MAX_JSON_DEPTH) return 'too_deep';
    } else if (CLOSING.has(byte)) {
      depth -= 1;
    } else if (byte === COMMA) {
      values += 1;
    }
    if (values > MAX_JSON_VALUES) return 'too_many_values';
  }
  return undefined;
}

/** Index of the quote that ends the string opened at `start`, or the last index when none does. */
function endOfString(bytes: Uint8Array, start: number): number {
  let end = bytes.indexOf(QUOTE, start + 1);
  while (end > 0 && isEscaped(bytes, end)) end = bytes.indexOf(QUOTE, end + 1);
  return end < 0 ? bytes.length - 1 : end;
}

function isEscaped(bytes: Uint8Array, index: number): boolean {
  let backslashes = 0;
  while (bytes[index - 1 - backslashes] === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}
