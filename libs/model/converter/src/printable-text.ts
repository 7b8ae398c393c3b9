/** Longest message of an error about a checkpoint. */
const MAX_CHARACTERS = 1_000;
/** Control, format, separator and unpaired surrogate characters: all that moves a cursor or changes how a line reads. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** One line that a terminal and a log show as it is, whatever names and values a checkpoint has put into it. */
export function toPrintableLine(text: string): string {
  const line = text.slice(0, MAX_CHARACTERS).replace(UNPRINTABLE, escapeCharacter);
  return line.length > MAX_CHARACTERS || text.length > MAX_CHARACTERS
    ? `${line.slice(0, MAX_CHARACTERS - 1)}…`
    : line;
}

function escapeCharacter(character: string): string {
  return `\\u{${(character.codePointAt(0) as number).toString(16)}}`;
}
