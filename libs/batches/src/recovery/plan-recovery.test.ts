import { type BatchRequest } from '@tessera/contracts';
import { describe, expect, it } from 'vitest';
import { planRecovery, type StoredPart, type UnendedBatch } from './plan-recovery.js';

const request: BatchRequest = {
  ...{
    id: 'batch_1',
    ownerId: 'key_1',
    weight: 1,
    inputFileId: 'file-1',
    endpoint: '/v1/chat/completions',
    completionWindow: '24h',
  },
  ...{ metadata: null, priority: 'normal', createdAtMs: 1, deadlineAtMs: 2, requestId: 'req_1' },
};
const input = { model: 'tiny', inputKey: 'files/file-1/content', total: 100, inputBytes: 1_000 };

/** A part of ten bytes a row, one row of which failed. */
const part = (index: number, fromRow: number, toRow: number, token = 'a'): StoredPart => ({
  index,
  chunk: {
    ...{ fromRow, toRow, fromByte: 10 * fromRow, toByte: 10 * toRow, token },
    ...{ completed: toRow - fromRow - 1, failed: 1, outputBytes: 5, errorBytes: 5 },
    tokens: { input: 3, cached: 2, output: 1 },
  },
});

const found = (parts: readonly StoredPart[], ending?: UnendedBatch['ending']): UnendedBatch => ({
  ...{ input, parts, ending },
});

describe('planRecovery', () => {
  it('goes on after the last part, with the counts of all', () => {
    const plan = planRecovery(request, found([part(1, 10, 20), part(0, 0, 10)]));
    expect(plan).toMatchObject({ nextChunk: 2, openChunks: [] });
    expect(plan.parts.map(({ index }) => index)).toEqual([0, 1]);
    expect(plan.record).toMatchObject({
      ...{ status: 'in_progress', completed: 18, failed: 2, nextRow: 20, nextByte: 200, openChunks: 0 },
      tokens: { input: 6, cached: 4, output: 2 },
    });
  });

  it('makes a chunk of the rows between two parts, under an index between theirs', () => {
    const plan = planRecovery(request, found([part(1, 10, 20), part(4, 40, 50)]));
    expect(plan.openChunks).toEqual([
      { index: 0, fromRow: 0, toRow: 10, fromByte: 0, toByte: 100 },
      { index: 2, fromRow: 20, toRow: 40, fromByte: 200, toByte: 400 },
    ]);
    expect(plan.record).toMatchObject({ openChunks: 2, nextRow: 50 });
    expect(plan.nextChunk).toBe(5);
  });

  it('takes one of two parts of the same rows', () => {
    const plan = planRecovery(request, found([part(0, 0, 10, 'a'), part(0, 0, 10, 'b'), part(1, 10, 20)]));
    expect(plan.parts.map(({ chunk }) => chunk.token)).toEqual(['a', 'a']);
    expect(plan.record.completed).toBe(18);
  });

  it.each([
    ['cancelled', { status: 'cancelling', cancellingAtMs: 7 }],
    ['expired', { status: 'finalizing', finalizingAtMs: 7 }],
  ] as const)(
    'goes on ending a batch that is %s, and keeps chunks that were cut short',
    (earlyEnd, fields) => {
      const { index, chunk } = part(0, 0, 10);
      const partial = { index, chunk: { ...chunk, completed: 3 } };
      const emptier = { index, chunk: { ...chunk, completed: 1, token: 'b' } };
      const plan = planRecovery(request, found([emptier, partial], { earlyEnd, atMs: 7 }));
      expect(plan.record).toMatchObject({ ...fields, earlyEnd, completed: 3, nextRow: 10, total: 100 });
      expect(plan.parts).toEqual([partial]);
    },
  );

  it('runs rows again that a cancel had kept from running which nobody heard of', () => {
    const { index, chunk } = part(0, 0, 10);
    const partial = { index, chunk: { ...chunk, completed: 3 } };
    const plan = planRecovery(request, found([partial, part(1, 10, 20)]));
    expect(plan.openChunks).toEqual([{ index: 0, fromRow: 0, toRow: 10, fromByte: 0, toByte: 100 }]);
    expect(plan.record).toMatchObject({ completed: 9, failed: 1 });
  });

  it('validates again what was never found valid', () => {
    const plan = planRecovery(request, { input: undefined, parts: [], ending: undefined });
    expect(plan.record).toMatchObject({ status: 'validating', total: 0, nextRow: 0 });
  });
});
