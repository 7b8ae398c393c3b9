/** Beyond every code point, so that a pair of them is one number. */
const CODE_POINTS = 0x11_0000;

/**
 * Cuts a text where no merge can ever join: between two characters that stand next to each other in no piece. Merges of
 * the regions cannot touch each other, so each region may be cut into pieces by itself, which keeps the work of a long
 * text proportional to its length and lets it pause.
 */
export class RegionSplitter {
  readonly #joined = new Set<number>();

  constructor(pieces: Iterable<string>) {
    for (const piece of pieces) {
      let previous: number | undefined;
      for (const character of piece) {
        const codePoint = character.codePointAt(0) as number;
        if (previous !== undefined) this.#joined.add(previous * CODE_POINTS + codePoint);
        previous = codePoint;
      }
    }
  }

  *split(text: string): Generator<string, void> {
    let start = 0;
    let previous: number | undefined;
    for (let index = 0; index < text.length;) {
      const codePoint = text.codePointAt(index) as number;
      if (previous !== undefined && !this.#joined.has(previous * CODE_POINTS + codePoint)) {
        yield text.slice(start, index);
        start = index;
      }
      previous = codePoint;
      index += codePoint > 0xffff ? 2 : 1;
    }
    if (start < text.length) yield text.slice(start);
  }
}
