import { describe, expect, it } from 'vitest';
import { BatchShares, type SharedBatch } from './batch-shares.js';

interface TestBatch extends SharedBatch {
  /** What a row of it takes. */
  readonly rowMs: number;
}

const CHUNK_ROWS = 10;
const batch = (id: string, changes: Partial<TestBatch> = {}): TestBatch => ({
  ...{ id, ownerId: id, weight: 1, priority: 'normal', createdAtMs: 0, total: 1_000_000, rowMs: 100 },
  ...{ nextRow: 0, openChunks: 0, completed: 0, failed: 0, workMs: 0 },
  ...changes,
});

/** Cuts chunks up to a window and ends the oldest, again and again. @returns batches as they are then, by id */
function run(
  shares: BatchShares,
  batches: readonly TestBatch[],
  { chunks, window = 4 }: { chunks: number; window?: number },
): Map<string, TestBatch> {
  const now = new Map(batches.map((one) => [one.id, one]));
  const open: string[] = [];
  const change = (id: string, changes: (one: TestBatch) => Partial<TestBatch>): void => {
    const one = now.get(id) ?? expect.fail();
    now.set(id, { ...one, ...changes(one) });
  };
  for (let ended = 0; ended < chunks; ended++) {
    while (open.length < window) {
      shares.note([...now.values()]);
      const id = shares.choose([...now.values()])?.id;
      if (id === undefined) break;
      open.push(id);
      change(id, ({ nextRow, openChunks }) => ({
        nextRow: nextRow + CHUNK_ROWS,
        openChunks: openChunks + 1,
      }));
    }
    const first = open.shift() ?? expect.fail();
    change(first, ({ completed, workMs, rowMs, openChunks }) => ({
      completed: completed + CHUNK_ROWS,
      workMs: workMs + CHUNK_ROWS * rowMs,
      openChunks: openChunks - 1,
    }));
  }
  return now;
}

const workOf = (batches: Map<string, TestBatch>, id: string): number =>
  batches.get(id)?.workMs ?? expect.fail();

describe('BatchShares', () => {
  it('shares work between owners by weight, however slow their rows are', () => {
    const after = run(
      new BatchShares(),
      [
        batch('slow', { rowMs: 2_000 }),
        batch('fast', { rowMs: 50 }),
        batch('heavy', { weight: 3, rowMs: 300 }),
      ],
      { chunks: 5_000 },
    );
    const sum = workOf(after, 'slow') + workOf(after, 'fast') + workOf(after, 'heavy');
    expect(workOf(after, 'slow') / sum).toBeCloseTo(0.2, 1);
    expect(workOf(after, 'fast') / sum).toBeCloseTo(0.2, 1);
    expect(workOf(after, 'heavy') / sum).toBeCloseTo(0.6, 1);
  });

  it('gives an owner of many batches no more than one of a single one', () => {
    const many = Array.from({ length: 9 }, (_, index) => batch(`many-${index}`, { ownerId: 'many' }));
    const after = run(new BatchShares(), [...many, batch('single')], { chunks: 1_000 });
    const works = many.map(({ id }) => workOf(after, id));
    expect(works.reduce((sum, work) => sum + work) / workOf(after, 'single')).toBeCloseTo(1, 1);
    expect(Math.max(...works) - Math.min(...works)).toBeLessThanOrEqual(2 * CHUNK_ROWS * 100);
  });

  it('starves nobody where there are more owners than chunks may be open', () => {
    const owners = Array.from({ length: 20 }, (_, index) => batch(`owner-${index}`, { createdAtMs: index }));
    const after = run(new BatchShares(), owners, { chunks: 200, window: 2 });
    for (const { id } of owners) expect(workOf(after, id)).toBeGreaterThanOrEqual(9 * CHUNK_ROWS * 100);
  });

  it('takes batches of low priority when their owner has no other rows left, whatever others have', () => {
    const shares = new BatchShares();
    const low = batch('low', { ownerId: 'a', priority: 'low' });
    const normal = batch('normal', { ownerId: 'a', createdAtMs: 1 });
    const other = batch('other', { ownerId: 'b', createdAtMs: 2 });
    const after = run(shares, [low, normal, other], { chunks: 100 });
    expect(workOf(after, 'low')).toBe(0);
    const left = run(new BatchShares(), [low, { ...normal, total: 0 }, other], { chunks: 100 });
    expect(workOf(left, 'low') / workOf(left, 'other')).toBeCloseTo(1, 1);
  });

  it('takes an owner that has just come next, and then the one with the oldest batch', () => {
    const shares = new BatchShares();
    const old = run(shares, [batch('a'), batch('b', { createdAtMs: 1 })], { chunks: 50 });
    const all = [...old.values(), batch('new', { createdAtMs: 2, total: 1 })];
    shares.note(all);
    expect(shares.choose(all)?.id).toBe('new');
    const idle = [batch('younger', { createdAtMs: 2 }), batch('older', { createdAtMs: 1 })];
    expect(new BatchShares().choose(idle)?.id).toBe('older');
  });

  it('takes none where all rows are handed out', () => {
    expect(new BatchShares().choose([batch('done', { nextRow: 10, total: 10 })])).toBeUndefined();
  });

  it('goes on with what is under way where another dispatcher stopped', () => {
    const before = batch('long', { nextRow: 900, completed: 880, workMs: 88_000, openChunks: 2 });
    const shares = new BatchShares();
    const all = [before, batch('short')];
    shares.note(all);
    expect(shares.choose(all)?.id).toBe('short');
    const after = run(
      shares,
      all.map((one) => ({ ...one, openChunks: 0, nextRow: one.completed })),
      { chunks: 100 },
    );
    expect(workOf(after, 'long') - before.workMs).toBeGreaterThan(40 * CHUNK_ROWS * 100);
  });
});
