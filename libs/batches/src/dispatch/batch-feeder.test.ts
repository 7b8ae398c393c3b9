import { Readable } from 'node:stream';
import { createLogger } from '@tessera/observability';
import { describe, expect, it } from 'vitest';
import { BatchFeeder, type RunningBatch } from './batch-feeder.js';

const ROWS = 1_000;
const NOBODY: ReadonlySet<string> = new Set();

const batch = (id: string, changes: Partial<RunningBatch> = {}): RunningBatch => ({
  ...{ id, ownerId: id, weight: 1, inputFileId: 'file-x', endpoint: '/v1/chat/completions', requestId: 'r' },
  ...{ completionWindow: '24h', metadata: null, priority: 'normal', createdAtMs: 0, deadlineAtMs: 1 },
  ...{ status: 'in_progress', model: 'tiny', inputKey: 'input', total: ROWS, inputBytes: 3 * ROWS },
  ...{ completed: 0, failed: 0, tokens: { input: 0, cached: 0, output: 0 } },
  ...{ nextRow: 0, nextByte: 0, openChunks: 0, workMs: 0 },
  ...changes,
});

/** A feeder of so many workers, over inputs of three bytes a row. */
function startFeeder(consumers: number) {
  const cuts: { id: string; fromRow: number; fromByte: number }[] = [];
  const inputs: Readable[] = [];
  const feeder = new BatchFeeder(
    {
      capacityOf: async () => ({ consumers, slots: 1 }),
      cut: async ({ id }, { fromRow, fromByte }) => cuts.push({ id, fromRow, fromByte }) > 0,
    },
    {
      open: async (_key, { range } = {}) => {
        const body = Readable.from([Buffer.from('{}\n'.repeat(ROWS)).subarray(range?.start ?? 0)]);
        inputs.push(body);
        return { body, bytes: 3 * ROWS };
      },
    },
    100,
    createLogger({ name: 'test', level: 'silent' }),
  );
  const feed = async (batches: readonly RunningBatch[], paused = NOBODY): Promise<string[]> => {
    const before = cuts.length;
    await feeder.feed(batches, paused, new AbortController().signal);
    return cuts.slice(before).map(({ id }) => id);
  };
  return { feeder, feed, cuts, openInputs: () => inputs.filter(({ destroyed }) => !destroyed) };
}

describe('BatchFeeder', () => {
  it('hands out no rows of a paused batch, and counts what it has open', async () => {
    const { feed } = startFeeder(1);
    const paused = batch('paused', { openChunks: 4, nextRow: 32, nextByte: 96 });
    expect(await feed([paused, batch('other')], new Set(['paused']))).toEqual(['other']);
    expect(await feed([{ ...paused, openChunks: 0 }, batch('other')], new Set(['paused']))).toHaveLength(4);
  });

  it('charges what a batch does while it is paused to its owner', async () => {
    const { feed } = startFeeder(1);
    const [one, other] = [batch('one'), batch('other')];
    const both = await feed([one, other]);
    expect(both.filter((id) => id === 'one')).toHaveLength(2);
    const worked = { ...one, nextRow: 16, nextByte: 48, completed: 16, workMs: 1_000_000 };
    const still = { ...other, nextRow: 16, nextByte: 48, openChunks: 4 };
    await feed([worked, still], new Set(['one']));
    // Nothing is open any more: whose clock is behind is all that counts.
    const after = await feed([worked, { ...still, openChunks: 0, completed: 16, workMs: 10 }]);
    expect(after).toEqual(['other', 'other', 'other', 'other']);
  });

  it('goes on where it was with more batches than it holds inputs open of', async () => {
    const { feeder, feed, cuts, openInputs } = startFeeder(50);
    const batches = Array.from({ length: 100 }, (_, index) => batch(`batch-${index}`));
    await feed(batches);
    expect(cuts).toHaveLength(200);
    expect(openInputs().length).toBeLessThanOrEqual(64);
    for (const { id } of batches) {
      expect(cuts.filter((cut) => cut.id === id)).toEqual([
        { id, fromRow: 0, fromByte: 0 },
        { id, fromRow: 8, fromByte: 24 },
      ]);
    }
    feeder.close();
    expect(openInputs()).toEqual([]);
  });
});
