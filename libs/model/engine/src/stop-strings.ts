/**
 * Ends a text at the first stop string in it, however the text comes in pieces: the one that is complete first counts, of
 * several the longest. What may still become a stop string is held back.
 */
export class StopStrings {
  private held = '';
  private found = false;

  /** @param strings none of them empty */
  constructor(private readonly strings: readonly string[]) {}

  /** Whether a stop string has come; the text has ended before it. */
  get isFound(): boolean {
    return this.found;
  }

  /** Text that became certain to belong before any stop string. */
  push(piece: string): string {
    if (this.found) return '';
    const text = this.held + piece;
    const start = this.firstStop(text);
    this.found = start !== undefined;
    const end = start ?? text.length - this.longestBeginning(text);
    this.held = this.found ? '' : text.slice(end);
    return text.slice(0, end);
  }

  /** What was held back. Call once, after the last piece. */
  end(): string {
    const rest = this.held;
    this.held = '';
    return rest;
  }

  private firstStop(text: string): number | undefined {
    const places = this.strings.flatMap((string) => {
      const start = text.indexOf(string);
      return start < 0 ? [] : [{ start, end: start + string.length }];
    });
    places.sort((a, b) => a.end - b.end || a.start - b.start);
    return places[0]?.start;
  }

  /** Length of the longest end of the text that a stop string begins with. */
  private longestBeginning(text: string): number {
    const longest = Math.max(0, ...this.strings.map((string) => string.length - 1));
    for (let length = Math.min(longest, text.length); length > 0; length--) {
      const ending = text.slice(-length);
      if (this.strings.some((string) => string.startsWith(ending))) return length;
    }
    return 0;
  }
}
