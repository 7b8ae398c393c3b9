import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShareClock } from './share-clock.js';

const claimant = (key: string, weight: number, costs: readonly number[]) => ({
  ...{ key, weight, costs, pending: 0 },
});
type Claimant = ReturnType<typeof claimant>;

/** What each has used after so many turns, all claiming all the time. */
function run(clock: ShareClock, claimants: readonly Claimant[], turns: number): Map<string, number> {
  const used = new Map(claimants.map(({ key }) => [key, 0]));
  for (let turn = 0; turn < turns; turn++) {
    const { key, weight, costs } = clock.choose(claimants) ?? expect.fail();
    const cost = costs[turn % costs.length] ?? expect.fail();
    clock.use(key, cost / weight);
    used.set(key, (used.get(key) ?? 0) + cost);
  }
  return used;
}

const claimants = fc
  .array(
    fc.record({
      weight: fc.integer({ min: 1, max: 100 }),
      costs: fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 5 }),
    }),
    { minLength: 2, maxLength: 8 },
  )
  .map((all) => all.map(({ weight, costs }, index) => claimant(String(index), weight, costs)));

describe('ShareClock', () => {
  it('never lets two be further apart, for their weights, than one use of each', () => {
    fc.assert(
      fc.property(claimants, fc.integer({ min: 1, max: 2_000 }), (all, turns) => {
        const used = run(new ShareClock(), all, turns);
        const largest = ({ costs, weight }: Claimant): number => Math.max(...costs) / weight;
        for (const one of all) {
          for (const other of all) {
            const apart = (used.get(one.key) ?? 0) / one.weight - (used.get(other.key) ?? 0) / other.weight;
            expect(apart).toBeLessThanOrEqual(largest(one) + largest(other) + 1e-6);
          }
        }
      }),
    );
  });

  it('gives shares in proportion to weights', () => {
    const used = run(
      new ShareClock(),
      [claimant('a', 1, [7]), claimant('b', 3, [2]), claimant('c', 6, [50])],
      9_000,
    );
    const sum = [...used.values()].reduce((total, amount) => total + amount);
    for (const [key, share] of [
      ['a', 0.1],
      ['b', 0.3],
      ['c', 0.6],
    ] as const) {
      expect((used.get(key) ?? 0) / sum).toBeCloseTo(share, 1);
    }
  });

  it('serves a newcomer next, and owes it nothing for the time before', () => {
    const clock = new ShareClock();
    const old = [claimant('a', 1, [1]), claimant('b', 1, [1])];
    run(clock, old, 1_000);
    const used = run(clock, [claimant('new', 1, [1]), ...old], 1);
    expect(used.get('new')).toBe(1);
    const later = run(clock, [claimant('new', 1, [1]), ...old], 299);
    expect(later.get('new')).toBeLessThanOrEqual(100);
  });

  it('gives nobody who comes back credit, and takes no debt from them', () => {
    const clock = new ShareClock();
    const [a, b] = [claimant('a', 1, [1]), claimant('b', 1, [1])];
    run(clock, [a, b], 10);
    run(clock, [a], 100);
    expect(run(clock, [a, b], 100).get('b')).toBeLessThanOrEqual(51);
    clock.use('b', 1_000);
    run(clock, [a], 100);
    expect(run(clock, [a, b], 100).get('b')).toBe(0);
  });

  it('counts what is pending while it is, and forgets how wrong the estimate was', () => {
    const clock = new ShareClock();
    const [a, b] = [claimant('a', 1, [1]), claimant('b', 1, [1])];
    expect(clock.choose([{ ...a, pending: 1_000 }, b])?.key).toBe('b');
    expect(
      clock.choose([
        { ...a, pending: 1_000 },
        { ...b, pending: 1_001 },
      ])?.key,
    ).toBe('a');
    const newcomer = claimant('c', 1, [1]);
    clock.choose([{ ...a, pending: 1_000 }, { ...b, pending: 1_000 }, newcomer]);
    clock.use('a', 1);
    const used = run(clock, [a, b, newcomer], 299);
    expect([...used.values()]).toEqual([99, 100, 100]);
  });

  it('chooses none where nothing is claimed', () => {
    expect(new ShareClock().choose([])).toBeUndefined();
  });
});
