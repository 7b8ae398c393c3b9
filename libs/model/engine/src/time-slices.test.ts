import { describe, expect, it } from 'vitest';
import { runInSlices } from './time-slices.js';

function* countTo(last: number): Generator<void, number> {
  for (let count = 0; count < last; count++) yield;
  return last;
}

describe('runInSlices', () => {
  it('lets the event loop turn before the work is done, and gives its result', async () => {
    let turned = false;
    setImmediate(() => (turned = true));
    expect(await runInSlices(countTo(3), 0)).toBe(3);
    expect(turned).toBe(true);
  });

  it('does not wait while its slice lasts', async () => {
    let turned = false;
    setImmediate(() => (turned = true));
    await runInSlices(countTo(3), 60_000);
    expect(turned).toBe(false);
  });

  it('fails as the work does', async () => {
    const broken = (function* (): Generator<void, number> {
      yield;
      throw new Error('broken');
    })();
    await expect(runInSlices(broken, 0)).rejects.toThrow('broken');
  });
});
