/**
 * The source of an object: counts its bytes, ends when the signal aborts even while the source is silent, and
 * remembers the caller's own failure, which is none of the store's.
 */
export class ObjectSource implements AsyncIterable<Uint8Array> {
  private seenBytes = 0;
  private failure: { readonly reason: unknown } | undefined;

  constructor(
    private readonly chunks: AsyncIterable<Uint8Array>,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** Bytes given so far. */
  get bytes(): number {
    return this.seenBytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const iterator = this.chunks[Symbol.asyncIterator]();
    let hasEnded = false;
    try {
      for (;;) {
        const next = await this.orFail(() => this.nextOrAbort(iterator));
        hasEnded = next.done === true;
        if (next.done === true) return;
        this.seenBytes += next.value.byteLength;
        yield next.value;
      }
    } finally {
      // Not awaited: a silent source answers when it wakes. What it says then is about nothing.
      if (!hasEnded) iterator.return?.().catch(() => undefined);
    }
  }

  /** @throws the signal's reason once it has aborted */
  checkAbort(): void {
    this.signal?.throwIfAborted();
  }

  /** Does `action`; where it fails because the source did, or by the abort, that failure comes out as it was. */
  async unwrapFailure<Result>(action: () => Promise<Result>): Promise<Result> {
    try {
      return await action();
    } catch (error) {
      this.checkAbort();
      throw this.failure === undefined ? error : this.failure.reason;
    }
  }

  private async orFail<Result>(action: () => Promise<Result>): Promise<Result> {
    try {
      return await action();
    } catch (error) {
      this.failure = { reason: error };
      throw error;
    }
  }

  private nextOrAbort(iterator: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
    const { signal } = this;
    if (signal === undefined) return iterator.next();
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort, { once: true });
      void iterator
        .next()
        .then(resolve, reject)
        .finally(() => signal.removeEventListener('abort', onAbort));
    });
  }
}
