/** Bytes whose own character stands for them in a byte-level vocabulary: the printable ones of Latin-1. */
const PRINTABLE = [
  [0x21, 0x7e],
  [0xa1, 0xac],
  [0xae, 0xff],
] as const;
/** The others take the characters from here on, in order. */
const FIRST_SUBSTITUTE = 0x100;

/** The character that stands for each byte in a byte-level vocabulary (GPT-2's `bytes_to_unicode`). */
export const BYTE_CHARACTERS: readonly string[] = byteCharacters();

const BYTES: ReadonlyMap<string, number> = new Map(
  BYTE_CHARACTERS.map((character, byte) => [character, byte]),
);

/** The bytes that a token spells; those of its UTF-8 form where a character of it stands for no byte. */
export function bytesOfToken(token: string): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (const character of token) {
    const byte = BYTES.get(character);
    if (byte === undefined) return new TextEncoder().encode(token);
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

function byteCharacters(): string[] {
  let substituteCount = 0;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = PRINTABLE.some(([first, last]) => byte >= first && byte <= last);
    return String.fromCodePoint(isPrintable ? byte : FIRST_SUBSTITUTE + substituteCount++);
  });
}
