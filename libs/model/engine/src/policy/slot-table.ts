/**
 * Who owns which slot of one length class. Does nothing but hand out slots.
 * A decode run takes the first `width` rows, so joiners get the lowest free row.
 */
export class SlotTable<Owner> {
  private readonly owners: (Owner | undefined)[];

  constructor(readonly slotCount: number) {
    this.owners = Array.from({ length: slotCount }, () => undefined);
  }

  /** The lowest free slot, or undefined when all are taken. */
  reserve(owner: Owner): number | undefined {
    const slot = this.owners.indexOf(undefined);
    if (slot < 0) return undefined;
    this.owners[slot] = owner;
    return slot;
  }

  release(slot: number): void {
    this.owners[slot] = undefined;
  }

  move(from: number, to: number): void {
    this.owners[to] = this.owners[from];
    this.owners[from] = undefined;
  }

  get hasFree(): boolean {
    return this.owners.includes(undefined);
  }

  get ownedCount(): number {
    return this.owners.filter((owner) => owner !== undefined).length;
  }

  /** Rows a decode run must take: the highest owned slot plus one. */
  get width(): number {
    return this.owners.findLastIndex((owner) => owner !== undefined) + 1;
  }

  /** Owners by slot. */
  get rows(): readonly (Owner | undefined)[] {
    return this.owners;
  }
}

/**
 * A move that shortens the rows of a decode run, or undefined when it does not pay: idle rows cost little, copying a
 * row's positions costs much, so only a run that is at least half idle is compacted.
 */
export function planCompaction(rows: readonly boolean[]): { from: number; to: number } | undefined {
  const width = rows.lastIndexOf(true) + 1;
  const owned = rows.filter(Boolean).length;
  if (width === 0 || owned * 2 > width) return undefined;
  return { from: width - 1, to: rows.indexOf(false) };
}
