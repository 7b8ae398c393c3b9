import { type BatchRecord } from '@tessera/contracts';

/** A step of a batch that waits for a place. */
export interface WaitingStep {
  readonly batch: Pick<BatchRecord, 'id' | 'ownerId' | 'createdAtMs'>;
}

interface Try {
  readonly batch: WaitingStep['batch'];
  readonly turn: number;
  readonly atMs: number;
}

interface Ranked<Step> {
  readonly step: Step;
  /** What it comes before is higher in the first number in which they differ. */
  readonly rank: readonly number[];
}

/** A batch that nothing was heard of since its last step is not looked at again before this time. */
const TRY_AGAIN_AFTER_MS = 1_000;

/**
 * Chooses whose step is next of those that share some places: that of the owner with the fewest under way, and of those
 * the one whose turn is longest ago. Of an owner's steps those come first that were not tried yet, the oldest batch
 * first. One place is left to owners that have nothing under way: their steps wait for nobody's long ones, unless they are
 * many.
 */
export class StepTurns {
  private turn = 0;
  private readonly ownerTurns = new Map<string, number>();
  private readonly tries = new Map<string, Try>();

  constructor(private readonly places: number) {}

  /**
   * Whose turn it is, which is taken with that; undefined where nobody's.
   * @param underWay owner of every step that holds a place
   */
  next<Step extends WaitingStep>(
    waiting: readonly Step[],
    underWay: readonly string[],
    nowMs: number,
  ): Step | undefined {
    const free = this.places - underWay.length;
    if (free <= 0) return undefined;
    const heldBy = countEach(underWay);
    const mostHeld = free === 1 && this.places > 1 ? 0 : Infinity;
    let first: Ranked<Step> | undefined;
    for (const step of waiting) {
      const held = heldBy.get(step.batch.ownerId) ?? 0;
      if (held > mostHeld || !this.isDue(step.batch, nowMs)) continue;
      const ranked = { step, rank: this.rankOf(step.batch, held) };
      if (first === undefined || isBefore(ranked.rank, first.rank)) first = ranked;
    }
    if (first !== undefined) this.take(first.step.batch, nowMs);
    return first?.step;
  }

  /** Forgets what is neither waiting nor under way any more. */
  keepOnly(batches: readonly WaitingStep['batch'][]): void {
    keepKeys(this.tries, new Set(batches.map(({ id }) => id)));
    keepKeys(this.ownerTurns, new Set(batches.map(({ ownerId }) => ownerId)));
  }

  private rankOf({ id, ownerId, createdAtMs }: WaitingStep['batch'], held: number): number[] {
    return [held, this.ownerTurns.get(ownerId) ?? 0, this.tries.get(id)?.turn ?? 0, createdAtMs];
  }

  private isDue(batch: WaitingStep['batch'], nowMs: number): boolean {
    const last = this.tries.get(batch.id);
    // What is heard of a batch makes another record of it.
    return last === undefined || last.batch !== batch || nowMs - last.atMs >= TRY_AGAIN_AFTER_MS;
  }

  private take(batch: WaitingStep['batch'], atMs: number): void {
    this.turn += 1;
    this.ownerTurns.set(batch.ownerId, this.turn);
    this.tries.set(batch.id, { batch, turn: this.turn, atMs });
  }
}

function keepKeys(known: Map<string, unknown>, keys: ReadonlySet<string>): void {
  for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
}

function countEach(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

function isBefore(one: readonly number[], other: readonly number[]): boolean {
  const at = one.findIndex((number, index) => number !== other[index]);
  return at >= 0 && (one[at] ?? 0) < (other[at] ?? 0);
}
