/**
 * Writes an answer to standard output as it comes, and so that the whole is the answer's final text: answers are
 * stripped of white space at both ends, so what may turn out to be the end is held back.
 */
export class AnswerWriter {
  private held = '';
  private written = '';

  constructor(private readonly write: (text: string) => void) {}

  push(delta: string): void {
    const text = this.held + delta;
    const content = this.written === '' ? text.trimStart() : text;
    const shown = content.trimEnd();
    this.held = content.slice(shown.length);
    if (shown !== '') this.show(shown);
  }

  /** What came so far is void; the answer begins anew on a new line. */
  restart(): void {
    if (this.written !== '') this.write('\n');
    this.held = '';
    this.written = '';
  }

  /** Writes what of the final text has not come yet, and ends the line. */
  end(text: string): void {
    if (!text.startsWith(this.written)) this.restart();
    this.write(`${text.slice(this.written.length)}\n`);
  }

  private show(text: string): void {
    this.written += text;
    this.write(text);
  }
}
