export type TurnKind = 'shared' | 'alone';

interface Waiter {
  readonly kind: TurnKind;
  readonly admit: () => void;
}

/**
 * Lets any number of shared turns run together, or one that is alone. Whoever waits to be alone goes before all that
 * would share, so that a stream of these does not keep it waiting for ever.
 */
export class Turns {
  private readonly waiting = new Set<Waiter>();
  private sharedCount = 0;
  private hasLoner = false;

  /**
   * Resolves with the function that ends the turn, once it has begun.
   * Rejects with the signal's reason when that aborts before.
   */
  take(kind: TurnKind, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const onAbort = (): void => {
        this.waiting.delete(waiter);
        this.admitWaiting();
        reject(signal.reason as Error);
      };
      const admit = (): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(() => this.end(kind));
      };
      const waiter = { kind, admit };
      signal.addEventListener('abort', onAbort, { once: true });
      this.waiting.add(waiter);
      this.admitWaiting();
    });
  }

  /** Whether one is alone, or waits to be. Whoever shares must not begin anything more before it has ended. */
  get isLonerDue(): boolean {
    return this.hasLoner || [...this.waiting].some(({ kind }) => kind === 'alone');
  }

  private end(kind: TurnKind): void {
    if (kind === 'alone') this.hasLoner = false;
    else this.sharedCount -= 1;
    this.admitWaiting();
  }

  private admitWaiting(): void {
    const loner = [...this.waiting].find(({ kind }) => kind === 'alone');
    if (loner === undefined) {
      if (!this.hasLoner) for (const waiter of this.waiting) this.admit(waiter);
    } else if (!this.hasLoner && this.sharedCount === 0) {
      this.admit(loner);
    }
  }

  private admit(waiter: Waiter): void {
    this.waiting.delete(waiter);
    if (waiter.kind === 'alone') this.hasLoner = true;
    else this.sharedCount += 1;
    waiter.admit();
  }
}
