/** The work that a process has in hand, and a way to wait until there is none. */
export class ActiveSet<Work> implements Iterable<Work> {
  private readonly works = new Set<Work>();
  private waiting: (() => void)[] = [];

  get size(): number {
    return this.works.size;
  }

  [Symbol.iterator](): IterableIterator<Work> {
    return this.works.values();
  }

  add(work: Work): void {
    this.works.add(work);
  }

  remove(work: Work): void {
    this.works.delete(work);
    if (this.works.size === 0) for (const resolve of this.waiting.splice(0)) resolve();
  }

  /** Resolves when there is none, at once if so. */
  whenIdle(): Promise<void> {
    if (this.works.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
