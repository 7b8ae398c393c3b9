import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planCompaction, SlotTable } from './slot-table.js';

/** The same cases every time; a failure prints how to come back to it. */
fc.configureGlobal({ seed: 20_261_125 });

type Step = { kind: 'reserve' } | { kind: 'release'; pick: number } | { kind: 'compact' };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<Step>({ kind: 'reserve' }) },
    { weight: 3, arbitrary: fc.nat(1_000).map((pick): Step => ({ kind: 'release', pick })) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: 'compact' }) },
  ),
  { maxLength: 200 },
);

/** Who should own which slot, kept the plain way. */
class Model {
  readonly owners = new Map<number, string>();
  joined = 0;

  constructor(readonly slotCount: number) {}

  get lowestFree(): number | undefined {
    return Array.from({ length: this.slotCount }, (_, slot) => slot).find((slot) => !this.owners.has(slot));
  }

  move(from: number, to: number): void {
    const owner = this.owners.get(from);
    if (owner === undefined || this.owners.has(to)) throw new Error(`no move from ${from} to ${to}`);
    this.owners.delete(from);
    this.owners.set(to, owner);
  }
}

function take(step: Step, table: SlotTable<string>, model: Model): void {
  switch (step.kind) {
    case 'reserve': {
      const owner = `sequence-${model.joined++}`;
      const expected = model.lowestFree;
      expect(table.reserve(owner)).toBe(expected);
      if (expected !== undefined) model.owners.set(expected, owner);
      return;
    }
    case 'release': {
      const owned = [...model.owners.keys()];
      const slot = owned[step.pick % Math.max(1, owned.length)];
      if (slot === undefined) return;
      table.release(slot);
      model.owners.delete(slot);
      return;
    }
    case 'compact': {
      const move = planCompaction(table.rows.map((owner) => owner !== undefined));
      if (move === undefined) return;
      const { width, ownedCount } = table;
      expect(move).toEqual({ from: width - 1, to: model.lowestFree });
      expect(ownedCount * 2).toBeLessThanOrEqual(width);
      table.move(move.from, move.to);
      model.move(move.from, move.to);
      expect(table.width).toBeLessThan(width);
    }
  }
}

describe('after any sequence of joins, leaves and compactions, the slot table', () => {
  it('knows the owner of every slot, each owner once, and how many rows a run takes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 32 }), steps, (slotCount, sequence) => {
        const table = new SlotTable<string>(slotCount);
        const model = new Model(slotCount);
        for (const step of sequence) {
          take(step, table, model);
          const slots = [...model.owners.keys()];
          expect(table.rows).toEqual(Array.from({ length: slotCount }, (_, slot) => model.owners.get(slot)));
          expect(table.ownedCount).toBe(slots.length);
          expect(new Set(model.owners.values()).size).toBe(slots.length);
          expect(table.hasFree).toBe(slots.length < slotCount);
          expect(table.width).toBe(Math.max(-1, ...slots) + 1);
        }
      }),
    );
  });

  it('can be compacted until no more than half of the rows are idle', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 64 }), (rows) => {
        const state = [...rows];
        for (let move = planCompaction(state); move !== undefined; move = planCompaction(state)) {
          expect([state[move.from], state[move.to]]).toEqual([true, false]);
          expect(move.to).toBeLessThan(move.from);
          state[move.from] = false;
          state[move.to] = true;
        }
        const owned = state.filter(Boolean).length;
        expect(owned).toBe(rows.filter(Boolean).length);
        expect(owned === 0 || owned * 2 > state.lastIndexOf(true) + 1).toBe(true);
      }),
    );
  });
});
