import { stripEnd, stripStart } from '@tessera/tokenizer';

/** Takes the space off both ends of a text that comes in pieces: what it lets through is `stripText` of the whole. */
export class StrippedText {
  private hasBegun = false;
  private heldSpace = '';

  /** Text that became certain not to be space at an end. */
  push(piece: string): string {
    const text = this.hasBegun ? this.heldSpace + piece : stripStart(piece);
    const shown = stripEnd(text);
    this.heldSpace = text.slice(shown.length);
    this.hasBegun ||= shown !== '';
    return shown;
  }
}
