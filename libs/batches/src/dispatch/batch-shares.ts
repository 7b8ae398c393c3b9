import { type BatchRecord } from '@tessera/contracts';
import { type Claim, ShareClock } from './share-clock.js';

/** What a row counts for while no batch of the model has been measured; only how batches compare matters then. */
const UNMEASURED_ROW_MS = 1_000;

/** What is known of a batch whose rows are handed out, or under way. */
export type SharedBatch = Pick<
  BatchRecord,
  | 'id'
  | 'ownerId'
  | 'weight'
  | 'priority'
  | 'createdAtMs'
  | 'total'
  | 'nextRow'
  | 'openChunks'
  | 'completed'
  | 'failed'
  | 'workMs'
>;

/** An owner with rows to hand out. */
interface OwnerClaim<Batch> extends Claim {
  readonly batches: readonly Batch[];
  readonly hasNothingOpen: boolean;
}

/**
 * Shares the workers of one model: between owners by their weights, and an owner's part between its batches; those of low
 * priority get what its others leave. What counts is the time that rows hold places in workers, measured for those that
 * are done and estimated for those handed out, so that slow rows get nobody more.
 */
export class BatchShares {
  private readonly owners = new ShareClock();
  private readonly batchesOf = new Map<string, ShareClock>();
  /** Work of each batch that the clocks have. */
  private readonly noted = new Map<string, number>();

  /** Notes how far the batches are; those that are missing have ended. */
  note(batches: readonly SharedBatch[]): void {
    for (const { id, ownerId, weight, workMs } of batches) {
      // What happened before a batch was first seen, maybe by another dispatcher, is nobody's debt.
      const used = workMs - (this.noted.get(id) ?? workMs);
      this.noted.set(id, workMs);
      this.owners.use(ownerId, used / weight);
      this.clockOf(ownerId).use(id, used);
    }
    forgetOthers(this.noted, new Set(batches.map(({ id }) => id)));
    forgetOthers(this.batchesOf, new Set(batches.map(({ ownerId }) => ownerId)));
  }

  /** The batch that the next chunk is cut from; undefined where all rows are handed out. */
  choose<Batch extends SharedBatch>(batches: readonly Batch[]): Batch | undefined {
    const pendingMs = estimatePending(batches);
    const owner = this.owners.choose(claimsOf(batches, pendingMs));
    if (owner === undefined) return undefined;
    const normal = owner.batches.filter(({ priority }) => priority === 'normal');
    const claims = (normal.length > 0 ? normal : owner.batches).map((batch) => ({
      ...{ key: batch.id, pending: pendingMs(batch), batch },
    }));
    return this.clockOf(owner.key).choose(claims)?.batch;
  }

  private clockOf(ownerId: string): ShareClock {
    const clock = this.batchesOf.get(ownerId) ?? new ShareClock();
    this.batchesOf.set(ownerId, clock);
    return clock;
  }
}

function forgetOthers(known: Map<string, unknown>, keys: ReadonlySet<string>): void {
  for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
}

/** Whether the owner of the batch has no chunk open. */
export function hasNothingOpen({ ownerId }: SharedBatch, batches: readonly SharedBatch[]): boolean {
  return batches.every((batch) => batch.ownerId !== ownerId || batch.openChunks === 0);
}

/** Of owners with rows left: first those with nothing open, then those with the oldest batches; these oldest first. */
function claimsOf<Batch extends SharedBatch>(
  batches: readonly Batch[],
  pendingMs: (batch: SharedBatch) => number,
): OwnerClaim<Batch>[] {
  const byOwner = new Map<string, Batch[]>();
  for (const batch of [...batches].sort((one, other) => one.createdAtMs - other.createdAtMs)) {
    const ofOwner = byOwner.get(batch.ownerId);
    if (ofOwner === undefined) byOwner.set(batch.ownerId, [batch]);
    else ofOwner.push(batch);
  }
  const claims = [...byOwner].map(([key, ofOwner]) => ({
    key,
    pending: sum(ofOwner.map((batch) => pendingMs(batch) / batch.weight)),
    batches: ofOwner.filter(({ nextRow, total }) => nextRow < total),
    hasNothingOpen: ofOwner.every(({ openChunks }) => openChunks === 0),
  }));
  return claims
    .filter((claim) => claim.batches.length > 0)
    .sort((one, other) => Number(other.hasNothingOpen) - Number(one.hasNothingOpen));
}

/** Work of a batch's rows that are handed out; rows not measured yet are taken for those of other batches. */
function estimatePending(batches: readonly SharedBatch[]): (batch: SharedBatch) => number {
  const measured = batches.flatMap((batch) => measuredRowMs(batch) ?? []);
  const typicalMs = measured.length === 0 ? UNMEASURED_ROW_MS : sum(measured) / measured.length;
  return (batch) => openRows(batch) * (measuredRowMs(batch) ?? typicalMs);
}

function openRows({ nextRow, completed, failed }: SharedBatch): number {
  return nextRow - completed - failed;
}

function measuredRowMs({ workMs, completed, failed }: SharedBatch): number | undefined {
  return workMs > 0 && completed + failed > 0 ? workMs / (completed + failed) : undefined;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
