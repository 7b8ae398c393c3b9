import { type TextPiece } from '../job-queue.js';

/** Writes pieces of text, at most one per choice; `sequence` grows by one from 1. */
type WriteText = (sequence: number, pieces: readonly TextPiece[]) => Promise<void>;

/**
 * Publishes an attempt's text in order, one write at a time. What comes in while a write is under way goes out together
 * with the next one. After a write has failed nothing more is written.
 */
export class TextPublisher {
  private pending = new Map<number, TextPiece>();
  private sequence = 0;
  private writing: Promise<void> | undefined;

  constructor(private readonly write: WriteText) {}

  /** Resolves when the text has been written, and rejects when it could not be; the caller need not look. */
  publish(piece: TextPiece): Promise<void> {
    if (piece.text !== '') this.pending.set(piece.choice, joined(this.pending.get(piece.choice), piece));
    const written = this.flush();
    // Whoever only flushes at the end hears of the failure there.
    written.catch(() => undefined);
    return written;
  }

  /** Resolves when everything that was published so far has been written. */
  flush(): Promise<void> {
    if (this.writing === undefined && this.pending.size === 0) return Promise.resolve();
    this.writing ??= this.writePending();
    return this.writing;
  }

  private async writePending(): Promise<void> {
    while (this.pending.size > 0) {
      const pieces = [...this.pending.values()];
      this.pending = new Map();
      this.sequence += 1;
      await this.write(this.sequence, pieces);
    }
    // In the same turn as the last look at `pending`, or a text could come in between and stay.
    this.writing = undefined;
  }
}

function joined(before: TextPiece | undefined, piece: TextPiece): TextPiece {
  if (before === undefined) return piece;
  const logprobs = [...(before.logprobs ?? []), ...(piece.logprobs ?? [])];
  return {
    choice: piece.choice,
    text: before.text + piece.text,
    ...(logprobs.length === 0 ? {} : { logprobs }),
  };
}
