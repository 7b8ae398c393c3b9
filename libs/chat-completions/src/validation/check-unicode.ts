import { InvalidValueError } from '../request.errors.js';

/** With the `u` flag a pair is one character, so this is a surrogate that stands alone: no UTF-8 text can hold it. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** @throws {InvalidValueError} for text that is no Unicode */
export function checkUnicode(text: string, param: string): void {
  if (!LONE_SURROGATE.test(text)) return;
  throw new InvalidValueError(`${param}: holds half of a surrogate pair, which is no Unicode text`, {
    param,
  });
}
