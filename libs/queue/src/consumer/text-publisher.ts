/** Writes one piece of text; `sequence` grows by one from 1. */
type WriteText = (sequence: number, text: string) => Promise<void>;

/**
 * Publishes an attempt's text in order, one write at a time. What comes in while a write is under way goes out together
 * with the next one. After a write has failed nothing more is written.
 */
export class TextPublisher {
  private pending = '';
  private sequence = 0;
  private writing: Promise<void> | undefined;

  constructor(private readonly write: WriteText) {}

  /** Resolves when the text has been written, and rejects when it could not be; the caller need not look. */
  publish(delta: string): Promise<void> {
    this.pending += delta;
    const written = this.flush();
    // Whoever only flushes at the end hears of the failure there.
    written.catch(() => undefined);
    return written;
  }

  /** Resolves when everything that was published so far has been written. */
  flush(): Promise<void> {
    if (this.writing === undefined && this.pending === '') return Promise.resolve();
    this.writing ??= this.writePending();
    return this.writing;
  }

  private async writePending(): Promise<void> {
    while (this.pending !== '') {
      const text = this.pending;
      this.pending = '';
      this.sequence += 1;
      await this.write(this.sequence, text);
    }
    // In the same turn as the last look at `pending`, or a text could come in between and stay.
    this.writing = undefined;
  }
}
