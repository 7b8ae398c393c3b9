import { describe, expect, it } from 'vitest';
import { StepTurns, type WaitingStep } from './step-turns.js';

const PLACES = 4;
const step = (ownerId: string, createdAtMs: number): WaitingStep => ({
  batch: { id: `${ownerId}-${createdAtMs}`, ownerId, createdAtMs },
});
const stepsOf = (ownerId: string, count: number): WaitingStep[] =>
  Array.from({ length: count }, (_, index) => step(ownerId, index));

/** Takes all turns that there are places for, next to what is under way. @returns ids of the batches, in order */
function takeAll(turns: StepTurns, waiting: readonly WaitingStep[], underWay: string[], nowMs = 0): string[] {
  const taken: string[] = [];
  for (;;) {
    const left = waiting.filter(({ batch }) => !taken.includes(batch.id));
    const next = turns.next(left, underWay, nowMs);
    if (next === undefined) return taken;
    taken.push(next.batch.id);
    underWay.push(next.batch.ownerId);
  }
}

describe('StepTurns', () => {
  it('lets an owner of a thousand hold all places but one, which the next owner finds free', () => {
    const turns = new StepTurns(PLACES);
    const underWay: string[] = [];
    const many = stepsOf('many', 1_000);
    expect(takeAll(turns, many, underWay)).toEqual(['many-0', 'many-1', 'many-2']);
    expect(takeAll(turns, [...many.slice(3), step('one', 5_000)], underWay)).toEqual(['one-5000']);
    expect(takeAll(turns, [...many.slice(3), step('other', 5_000)], underWay)).toEqual([]);
  });

  it('gives a place that gets free to the owner with the fewest, and then to the one who waits longest', () => {
    const turns = new StepTurns(PLACES);
    const waiting = ['a', 'b', 'c'].flatMap((owner) => stepsOf(owner, 9));
    const underWay: string[] = [];
    expect(takeAll(turns, waiting, underWay)).toEqual(['a-0', 'b-0', 'c-0']);
    const left = waiting.filter(({ batch }) => !batch.id.endsWith('-0'));
    const order: (string | undefined)[] = [];
    for (let turn = 0; turn < 6; turn++) {
      const next = turns.next(
        left.filter(({ batch }) => !order.includes(batch.id)),
        [],
        0,
      );
      order.push(next?.batch.id);
    }
    expect(order).toEqual(['a-1', 'b-1', 'c-1', 'a-2', 'b-2', 'c-2']);
  });

  it('remembers whose turn it was though the batches of that turn are gone', () => {
    const turns = new StepTurns(1);
    const waiting = [...stepsOf('a', 3), step('b', 10)];
    expect(turns.next(waiting, [], 0)?.batch.id).toBe('a-0');
    const left = waiting.slice(1);
    turns.keepOnly(left.map(({ batch }) => batch));
    expect(turns.next(left, [], 0)?.batch.id).toBe('b-10');
  });

  it('tries a batch again once something is heard of it, or a second later, after those not tried yet', () => {
    const turns = new StepTurns(PLACES);
    const [first, second] = [step('a', 0), step('a', 1)];
    expect(takeAll(turns, [first, second], [])).toEqual(['a-0', 'a-1']);
    expect(turns.next([first, second], [], 999)).toBeUndefined();
    const heardOf = { batch: { ...second.batch } };
    expect(turns.next([first, heardOf], [], 999)).toBe(heardOf);
    const young = step('a', 2);
    expect(turns.next([first, heardOf, young], [], 1_000)).toBe(young);
    expect(turns.next([first, heardOf], [], 1_000)).toBe(first);
  });
});
