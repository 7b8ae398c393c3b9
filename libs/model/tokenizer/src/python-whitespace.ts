/*
 * What Python's str.isspace() is true for. JavaScript's trim() differs: it takes U+FEFF and leaves U+0085 and
 * U+001C to U+001F.
 */
const SPACE = String.raw`[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;
const LEADING_SPACE = new RegExp(`^${SPACE}+`, 'u');
const SPACE_CHARACTER = new RegExp(SPACE, 'u');

/** Python's `text.lstrip()`. */
export function stripStart(text: string): string {
  return text.replace(LEADING_SPACE, '');
}

/** Python's `text.rstrip()`. Walks back by hand: a regular expression anchored at the end is quadratic. */
export function stripEnd(text: string): string {
  let end = text.length;
  while (end > 0 && SPACE_CHARACTER.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** Python's `text.strip()`, with which the reference ends an answer. */
export function stripText(text: string): string {
  return stripStart(stripEnd(text));
}
