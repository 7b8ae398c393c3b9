const REPLACEMENT = '\ufffd';
const LAST_CODE_POINT = 0x10ffff;

/** Lead bytes by mask: how many bytes the character has, the payload bits of the lead, the smallest code point. */
const LEADS = [
  { mask: 0x80, value: 0x00, byteCount: 1, payload: 0x7f, smallest: 0x00 },
  { mask: 0xe0, value: 0xc0, byteCount: 2, payload: 0x1f, smallest: 0x80 },
  { mask: 0xf0, value: 0xe0, byteCount: 3, payload: 0x0f, smallest: 0x800 },
  { mask: 0xf8, value: 0xf0, byteCount: 4, payload: 0x07, smallest: 0x10000 },
] as const;

/**
 * Decodes a run of bytes as SentencePiece does: valid characters as such, and one U+FFFD for each byte that begins
 * none. (`TextDecoder` writes fewer U+FFFD: one for a whole truncated character.)
 */
export class ByteRunDecoder {
  #pending: number[] = [];

  /** Text that is certain after `byte`; an incomplete character that may still become valid is held back. */
  push(byte: number): string {
    this.#pending.push(byte);
    return this.#drain(false);
  }

  /** The run is over: what was held back is no character. */
  end(): string {
    return this.#drain(true);
  }

  #drain(runIsOver: boolean): string {
    let text = '';
    while (this.#pending.length > 0) {
      const first = firstCharacter(this.#pending);
      if (first.kind === 'incomplete' && !runIsOver) break;
      text += first.kind === 'character' ? first.text : REPLACEMENT;
      this.#pending = this.#pending.slice(first.kind === 'character' ? first.byteCount : 1);
    }
    return text;
  }
}

type FirstCharacter =
  | { readonly kind: 'character'; readonly text: string; readonly byteCount: number }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'invalid' };

function firstCharacter(bytes: readonly number[]): FirstCharacter {
  const leadByte = bytes[0] ?? 0;
  const lead = LEADS.find(({ mask, value }) => (leadByte & mask) === value);
  if (lead === undefined) return { kind: 'invalid' };
  const trail = bytes.slice(1, lead.byteCount);
  if (trail.some((byte) => (byte & 0xc0) !== 0x80)) return { kind: 'invalid' };
  const payload = trail.reduce((value, byte) => (value << 6) | (byte & 0x3f), leadByte & lead.payload);
  const missingBits = 6 * (lead.byteCount - 1 - trail.length);
  // What the character can still become: the missing bytes all zero bits, or all one bits.
  const lowest = payload << missingBits;
  const highest = lowest | ((1 << missingBits) - 1);
  if (highest < lead.smallest || lowest > LAST_CODE_POINT || (lowest >= 0xd800 && highest <= 0xdfff)) {
    return { kind: 'invalid' };
  }
  if (missingBits > 0) return { kind: 'incomplete' };
  return { kind: 'character', text: String.fromCodePoint(payload), byteCount: lead.byteCount };
}
