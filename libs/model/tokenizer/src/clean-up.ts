/** In the order in which the reference replaces them, each over the whole text. */
const REPLACEMENTS = [
  [' .', '.'],
  [' ?', '?'],
  [' !', '!'],
  [' ,', ','],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
] as const;

/** Letters and signs that the replaced strings consist of before their last one. */
const INNER = " 'nvr";

/** transformers' `clean_up_tokenization`: no blanks before punctuation and English contractions. */
export function cleanUp(text: string): string {
  return REPLACEMENTS.reduce((cleaned, [from, to]) => cleaned.replaceAll(from, to), text);
}

/** {@link cleanUp} of a text that comes in parts: holds back what later text may still change. */
export class TextCleaner {
  #held = '';

  /** Cleaned text that is certain after `text`. */
  push(text: string): string {
    const whole = this.#held + text;
    const certain = certainLength(whole);
    this.#held = whole.slice(certain);
    return cleanUp(whole.slice(0, certain));
  }

  end(): string {
    const rest = this.#held;
    this.#held = '';
    return cleanUp(rest);
  }
}

/** A string that is to be replaced begins with a blank and goes on with inner letters only, so it begins after this. */
function certainLength(text: string): number {
  let start = text.length;
  while (start > 0 && INNER.includes(text.charAt(start - 1))) start--;
  const blank = text.indexOf(' ', start);
  return blank < 0 ? text.length : blank;
}
