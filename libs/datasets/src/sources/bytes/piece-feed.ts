import { once } from 'node:events';
import type { Transform } from 'node:stream';

/**
 * Gives a transform its input piece by piece, each when all before it is done. A stream that fails forgets what it made
 * and nobody has read yet; who takes what it makes as it makes it, between the pieces, loses nothing.
 */
export class PieceFeed {
  private failure: Error | undefined;
  private settle: (failure: Error | undefined) => void = () => undefined;

  constructor(private readonly stream: Transform) {
    stream.on('error', (error) => {
      this.failure = error;
      this.settle(error);
    });
  }

  /** @returns what the transform failed with, where it did */
  write(piece: Uint8Array): Promise<Error | undefined> {
    return new Promise((resolve) => {
      this.settle = resolve;
      // Where it fails, not every transform answers here.
      this.stream.write(piece, () => resolve(this.failure));
    });
  }

  /** @returns what the transform failed with, where it did */
  async end(): Promise<Error | undefined> {
    const closed = once(this.stream, 'close').catch(() => undefined);
    this.stream.end();
    await closed;
    return this.failure;
  }
}
