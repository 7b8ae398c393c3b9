import { describe, expect, it } from 'vitest';
import { CacheBudgetError } from '../errors.js';
import { chooseStep } from './choose-step.js';
import { packTileBatch } from './pack-tile-batch.js';
import { nextChunkEnd, PREFILL_CHUNK_TOKENS, prefillChunkEnds } from './prefill-chunks.js';
import { ropeRow } from './rope-position.js';
import { classFor, planSlotClasses } from './slot-classes.js';
import { planCompaction, SlotTable } from './slot-table.js';

describe('chooseStep', () => {
  it('runs a decode step between any two other steps while a sequence decodes', () => {
    const everything = { decode: true, prefill: true, vision: true };
    expect(chooseStep(everything, 'prefill')).toBe('decode');
    expect(chooseStep(everything, 'vision')).toBe('decode');
    expect(chooseStep(everything, 'decode')).toBe('prefill');
  });

  it('prefers prefill to vision, and has nothing to do without candidates', () => {
    expect(chooseStep({ decode: false, prefill: true, vision: true }, undefined)).toBe('prefill');
    expect(chooseStep({ decode: false, prefill: false, vision: true }, 'vision')).toBe('vision');
    expect(chooseStep({ decode: true, prefill: false, vision: false }, 'decode')).toBe('decode');
    expect(chooseStep({ decode: false, prefill: false, vision: false }, 'decode')).toBeUndefined();
  });
});

describe('packTileBatch', () => {
  it('fills a run across images in order and continues where the last run stopped', () => {
    const waiting = [
      { doneTiles: 4, tileCount: 7 },
      { doneTiles: 0, tileCount: 1 },
      { doneTiles: 0, tileCount: 13 },
    ];
    expect(packTileBatch(waiting, 8)).toEqual([
      { image: 0, firstTile: 4, tileCount: 3 },
      { image: 1, firstTile: 0, tileCount: 1 },
      { image: 2, firstTile: 0, tileCount: 4 },
    ]);
  });
});

describe('prefillChunkEnds', () => {
  const END = 9;
  const chunkTokens = PREFILL_CHUNK_TOKENS;
  const tokens = (length: number, messageEnd?: number): number[] =>
    Array.from({ length }, (_, position) => (position === messageEnd ? END : 1));

  it('cuts at multiples of the chunk size and at the end', () => {
    expect(prefillChunkEnds({ tokenIds: tokens(1200), images: [], chunkTokens }, END)).toEqual([
      512, 1024, 1200,
    ]);
    expect(prefillChunkEnds({ tokenIds: tokens(1024), images: [], chunkTokens }, END)).toEqual([512, 1024]);
    expect(prefillChunkEnds({ tokenIds: tokens(3), images: [], chunkTokens }, undefined)).toEqual([3]);
    expect(PREFILL_CHUNK_TOKENS).toBe(512);
  });

  it('cuts into smaller chunks for a device that takes no more', () => {
    const prompt = { tokenIds: tokens(70, 40), images: [], chunkTokens: 31 };
    expect(prefillChunkEnds(prompt, END)).toEqual([31, 41, 62, 70]);
  });

  it('cuts behind the first message and behind every image as well', () => {
    const prompt = { tokenIds: tokens(700, 40), images: [{ end: 300 }, { end: 560 }], chunkTokens };
    expect(prefillChunkEnds(prompt, END)).toEqual([41, 300, 512, 560, 700]);
  });

  it('cuts prompts that begin alike at the same places', () => {
    const images = [{ end: 300 }];
    const [short, long] = [350, 900].map((length) =>
      prefillChunkEnds({ tokenIds: tokens(length, 20), images, chunkTokens }, END),
    );
    expect(short).toEqual([21, 300, 350]);
    expect(long).toEqual([21, 300, 512, 900]);
  });

  it('goes from one end to the next', () => {
    expect([0, 20, 21, 299, 300].map((start) => nextChunkEnd([21, 300, 350], start))).toEqual([
      21, 21, 300, 300, 350,
    ]);
  });
});

describe('ropeRow', () => {
  const longRope = { originalContextTokens: 192, rowOffset: 192 };
  it('uses the long factors from the first token past the original context', () => {
    expect(ropeRow(191, 192, longRope)).toBe(191);
    expect(ropeRow(192, 193, longRope)).toBe(384);
    expect(ropeRow(0, 193, longRope)).toBe(192);
    expect(ropeRow(5000, 5001, null)).toBe(5000);
  });
});

describe('planSlotClasses', () => {
  const request = { slotCount: 8, contextTokens: 4096, bytesPerToken: 1000, budgetBytes: 100_000_000 };
  it('has short slots for most and full ones for long prompts', () => {
    const classes = planSlotClasses(request);
    expect(classes).toEqual([
      { capacityTokens: 2048, slotCount: 8 },
      { capacityTokens: 4096, slotCount: 2 },
    ]);
    expect(classFor(classes, 2048)).toBe(0);
    expect(classFor(classes, 2049)).toBe(1);
    expect(classFor(classes, 4097)).toBeUndefined();
  });

  it('needs one class when the context is short', () => {
    expect(planSlotClasses({ ...request, contextTokens: 1024 })).toEqual([
      { capacityTokens: 1024, slotCount: 8 },
    ]);
  });

  it('has one slot as long as the budget allows where a full context does not fit', () => {
    const tight = { ...request, contextTokens: 131_072, budgetBytes: 8 * 2048 * 1000 + 5_000_999 };
    expect(planSlotClasses(tight)).toEqual([
      { capacityTokens: 2048, slotCount: 8 },
      { capacityTokens: 5000, slotCount: 1 },
    ]);
    expect(planSlotClasses({ ...tight, budgetBytes: 8 * 2048 * 1000 + 2_048_000 })).toEqual([
      { capacityTokens: 2048, slotCount: 8 },
    ]);
  });

  it('fills half of the budget with short slots, at most 8 and at least one, where no number is asked for', () => {
    const shortSlots = (budgetBytes: number): number | undefined =>
      planSlotClasses({ ...request, slotCount: undefined, budgetBytes })[0]?.slotCount;
    expect([100e6, 20e6, 8_192_000, 2_048_000].map(shortSlots)).toEqual([8, 4, 2, 1]);
    expect(() => shortSlots(2_000_000)).toThrow(CacheBudgetError);
  });

  it('never plans more memory than the budget', () => {
    for (const slotCount of [1, 2, 3, 8, 16]) {
      for (let budgetBytes = slotCount * 2048 * 1000; budgetBytes < 300e6; budgetBytes += 12_345_678) {
        const classes = planSlotClasses({ ...request, slotCount, contextTokens: 8192, budgetBytes });
        const bytes = classes.reduce((sum, entry) => sum + entry.slotCount * entry.capacityTokens * 1000, 0);
        expect(bytes).toBeLessThanOrEqual(budgetBytes);
        expect(classes.every((entry) => entry.slotCount > 0)).toBe(true);
      }
    }
  });

  it('names slots, positions and bytes, needed and given, when the short slots do not fit', () => {
    const plan = (): unknown => planSlotClasses({ ...request, budgetBytes: 16_000_000 });
    expect(plan).toThrow(CacheBudgetError);
    expect(plan).toThrow(
      '8 KV-cache slots of 2048 positions need 16384000 bytes (1000 a position), the budget is 16000000',
    );
  });
});

describe('SlotTable', () => {
  it('hands out the lowest free slot and refuses when all are taken', () => {
    const table = new SlotTable<string>(2);
    expect([table.reserve('a'), table.reserve('b'), table.reserve('c')]).toEqual([0, 1, undefined]);
    table.release(0);
    expect(table.width).toBe(2);
    expect(table.reserve('c')).toBe(0);
    table.release(1);
    expect(table.width).toBe(1);
  });
});

describe('planCompaction', () => {
  it('moves the last row into the first hole once half of the rows are idle', () => {
    expect(planCompaction([false, false, false, true])).toEqual({ from: 3, to: 0 });
    expect(planCompaction([true, false, true, true])).toBeUndefined();
    expect(planCompaction([false, false])).toBeUndefined();
    expect(planCompaction([true])).toBeUndefined();
  });
});
