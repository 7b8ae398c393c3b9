import { ImageUrlInvalidError, UploadTooLargeError } from '../image.errors.js';

const HEADER = /^data:(image\/[\w.+-]+)?(?:;[\w.+-]+=[\w.+-]+)*;base64$/i;
/** A header longer than this is no media type. */
const LONGEST_HEADER = 200;

/**
 * The bytes of a `data:image/...;base64,` URL. Both base64 alphabets and missing padding are taken.
 * @param maxBytes most bytes that the decoded image may have; checked before decoding
 * @throws {ImageUrlInvalidError} another media type or encoding, or text that is no base64
 * @throws {UploadTooLargeError}
 */
export function decodeDataUrl(url: string, param: string, maxBytes: number): Uint8Array {
  const comma = url.indexOf(',');
  const header = comma < 0 || comma > LONGEST_HEADER ? '' : url.slice(0, comma);
  if (!HEADER.test(header)) {
    throw new ImageUrlInvalidError(url, `${param}: a data URL must begin data:image/<type>;base64,`, param);
  }
  const digits = withoutPadding(url.slice(comma + 1));
  const byteCount = Math.floor((digits.length * 3) / 4);
  if (byteCount > maxBytes) throw new UploadTooLargeError(maxBytes, byteCount, param);
  const bytes = Buffer.from(digits, 'base64');
  if (!isWhole(digits) || bytes.length !== byteCount) {
    throw new ImageUrlInvalidError(
      url,
      `${param}: the part of a data URL after the comma must be base64`,
      param,
    );
  }
  return bytes;
}

/**
 * Whether each digit that is none makes the decoded text shorter than it should be: Node skips those, and any one fewer
 * costs a byte unless a digit stands alone in the last group of four. Beyond ASCII Node looks at the low byte only.
 * Ten times as fast as a regular expression over 27 MB.
 */
function isWhole(digits: string): boolean {
  return digits.length % 4 !== 1 && Buffer.byteLength(digits) === digits.length;
}

function withoutPadding(text: string): string {
  if (!text.endsWith('=')) return text;
  return text.slice(0, text.endsWith('==') ? -2 : -1);
}
