interface Waiter {
  readonly begin: (leave: () => void) => void;
}

interface WaitingChunk {
  readonly rows: Set<Waiter>;
  /** When it last had one, counted in turns. */
  lastTurn: number;
}

/**
 * Gives the places of a worker to rows of its chunks in turn: next is a row of the chunk that has waited longest for one.
 * So a chunk of one row never waits for all rows of another.
 */
export class RowTurns {
  private readonly waiting = new Map<string, WaitingChunk>();
  private turns = 0;
  private isAsking = false;

  /** @param enter waits for a place; resolves with the function that gives it back */
  constructor(private readonly enter: () => Promise<() => void>) {}

  /**
   * Waits for a place for a row; resolves with the function that gives it back, to be called once.
   * Rejects with the signal's reason when that aborts before.
   */
  take(chunk: string, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason as Error);
      const onAbort = (): void => {
        this.remove(chunk, waiter);
        reject(signal.reason as Error);
      };
      const waiter: Waiter = {
        begin: (leave) => {
          signal.removeEventListener('abort', onAbort);
          resolve(leave);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.add(chunk, waiter);
      if (!this.isAsking) void this.giveOut();
    });
  }

  /** Asks for one place after another while rows wait, and decides whose it is when it is there. */
  private async giveOut(): Promise<void> {
    this.isAsking = true;
    while (this.waiting.size > 0) {
      const leave = await this.enter();
      const next = this.next();
      if (next === undefined) leave();
      else next.begin(leave);
    }
    this.isAsking = false;
  }

  private next(): Waiter | undefined {
    const [first, ...others] = this.waiting;
    if (first === undefined) return undefined;
    const [chunk, waiting] = others.reduce(
      (longest, other) => (other[1].lastTurn < longest[1].lastTurn ? other : longest),
      first,
    );
    waiting.lastTurn = this.turns += 1;
    const [row] = waiting.rows;
    if (row !== undefined) this.remove(chunk, row);
    return row;
  }

  private add(chunk: string, waiter: Waiter): void {
    const waiting = this.waiting.get(chunk) ?? { rows: new Set(), lastTurn: 0 };
    waiting.rows.add(waiter);
    this.waiting.set(chunk, waiting);
  }

  private remove(chunk: string, waiter: Waiter): void {
    const waiting = this.waiting.get(chunk);
    waiting?.rows.delete(waiter);
    if (waiting?.rows.size === 0) this.waiting.delete(chunk);
  }
}
