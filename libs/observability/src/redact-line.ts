/** Secrets that have a recognisable form, wherever in a line they stand, and what is written instead. */
const SECRETS: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/whsec_[A-Za-z0-9+/=_-]+/g, 'whsec_[redacted]'],
  // What is shown of an API key, its first twelve characters, is shorter.
  [/tsk_[A-Za-z0-9_-]{20,}/g, 'tsk_[redacted]'],
  // The payload is client data, and far too long for a log.
  [/data:[\w.+-]+\/[\w.+-]+(?:;[\w.+-]+=[\w.+-]+)*;base64,[A-Za-z0-9+/=%_-]*/g, 'data:[redacted]'],
  [/\b(Bearer|Basic) [A-Za-z0-9._~+/=-]+/gi, '$1 [redacted]'],
  // What follows the question mark of a URL may be a signature that opens it.
  [/\b(https?:\/\/[^\s"\\?#]+\?)[^\s"\\]+/gi, '$1[redacted]'],
  // Name and password of a URL, as in redis://:password@host.
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@"\\]+@/gi, '$1[redacted]@'],
];

/**
 * Blanks out what must never reach a log. It works on the finished line, so no field, message or stack trace
 * of an error can slip past it.
 */
export function redactLine(line: string): string {
  return SECRETS.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), line);
}
