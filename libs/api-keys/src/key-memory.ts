import { type ApiKeyRecord } from '@tessera/contracts';

/** Should Redis not get through with its news, a change takes effect after this time. */
const TIME_TO_LIVE_MS = 2_000;

interface Remembered {
  readonly record: ApiKeyRecord;
  readonly sinceMs: number;
}

/** The keys that this process has looked up a moment ago, by hash. Only keys that exist: others have no bound. */
export class KeyMemory {
  private readonly remembered = new Map<string, Remembered>();
  /** Grows with every change that is heard of. */
  private generation = 0;

  constructor(private readonly now: () => number) {}

  async find(hash: string, look: () => Promise<ApiKeyRecord | undefined>): Promise<ApiKeyRecord | undefined> {
    const known = this.remembered.get(hash);
    if (known !== undefined && this.isFresh(known)) return known.record;
    const { generation } = this;
    const sinceMs = this.now();
    const record = await look();
    // News that came meanwhile may be about what has just been read.
    if (record === undefined || generation !== this.generation) this.remembered.delete(hash);
    else this.remembered.set(hash, { record, sinceMs });
    return record;
  }

  forgetAll(): void {
    this.generation += 1;
    this.remembered.clear();
  }

  /** A clock that was set back makes nothing fresh again. */
  private isFresh({ sinceMs }: Remembered): boolean {
    const ageMs = this.now() - sinceMs;
    return ageMs >= 0 && ageMs < TIME_TO_LIVE_MS;
  }
}
