/** An owner with work to be done. */
export interface Party {
  readonly ownerId: string;
  readonly rows: number;
  readonly weight: number;
  /** It comes once so many rows have begun, whoever's they are. */
  readonly comesAfter: number;
}

interface Begun {
  readonly ownerId: string;
  readonly atMs: number;
}

/** What became of a party's rows. */
export interface Outcome extends Party {
  readonly firstWaitMs: number;
  /** Rows of others that began while its first one waited. */
  readonly begunBefore: number;
  readonly allBegunMs: number;
  /** Its part of what began from when it had come until the last of its own began. */
  readonly share: number;
}

/** When parties came, and whose row began when. Milliseconds since the first row began. */
export class Timeline {
  private readonly begun: Begun[] = [];
  private readonly comingAt = new Map<string, number>();
  private readonly comeAt = new Map<string, number>();
  private readonly gates: { count: number; open: () => void }[] = [];

  constructor(readonly parties: readonly Party[]) {}

  /** Resolves when so many rows have begun. */
  whenBegun(count: number): Promise<void> {
    if (this.begun.length >= count) return Promise.resolve();
    return new Promise((open) => this.gates.push({ count, open }));
  }

  whenAllBegun(): Promise<void> {
    return this.whenBegun(this.parties.reduce((sum, { rows }) => sum + rows, 0));
  }

  /** Its first row is about to be submitted. */
  comes({ ownerId }: Party): void {
    this.comingAt.set(ownerId, performance.now());
  }

  /** All its rows have been submitted. */
  hasCome({ ownerId }: Party): void {
    this.comeAt.set(ownerId, performance.now());
  }

  begin(ownerId: string): void {
    this.begun.push({ ownerId, atMs: performance.now() });
    for (const gate of this.gates.splice(0)) {
      if (gate.count <= this.begun.length) gate.open();
      else this.gates.push(gate);
    }
  }

  outcomeOf(party: Party): Outcome {
    const { ownerId } = party;
    const startMs = this.begun[0]?.atMs ?? 0;
    const comingMs = Math.max(this.comingAt.get(ownerId) ?? 0, startMs);
    const comeMs = Math.max(this.comeAt.get(ownerId) ?? 0, startMs);
    const own = this.begun.filter((row) => row.ownerId === ownerId);
    const [firstMs, lastMs] = [own[0]?.atMs ?? NaN, own.at(-1)?.atMs ?? NaN];
    const meanwhile = this.begun.filter(({ atMs }) => atMs >= comeMs && atMs <= lastMs);
    return {
      ...party,
      firstWaitMs: firstMs - comingMs,
      begunBefore: this.begun.filter(({ atMs }) => atMs >= comingMs && atMs < firstMs).length,
      allBegunMs: lastMs - comingMs,
      share: meanwhile.filter((row) => row.ownerId === ownerId).length / meanwhile.length,
    };
  }

  /** Rows begun by each party, in equal pieces of the time in which there was more than one, and half as much again. */
  pieces(count: number): { seconds: number; byParty: number[][] } {
    const [startMs, endMs] = this.contestedMs();
    const index = new Map(this.parties.map(({ ownerId }, position) => [ownerId, position]));
    const byParty = this.parties.map(() => new Array<number>(count).fill(0));
    for (const { ownerId, atMs } of this.begun) {
      const piece = Math.floor(((atMs - startMs) / (endMs - startMs || 1)) * count);
      const counts = byParty[index.get(ownerId) ?? -1];
      if (counts !== undefined && piece < count) counts[piece] = (counts[piece] ?? 0) + 1;
    }
    return { seconds: (endMs - startMs) / 1000, byParty };
  }

  private contestedMs(): [startMs: number, endMs: number] {
    const startMs = this.begun[0]?.atMs ?? 0;
    const lastByOwner = new Map(this.begun.map(({ ownerId, atMs }) => [ownerId, atMs]));
    const [endMs = startMs, secondMs = endMs] = [...lastByOwner.values()].sort((one, other) => other - one);
    return [startMs, Math.min(endMs, startMs + 1.5 * (secondMs - startMs))];
  }
}
