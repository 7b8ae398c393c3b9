import { createLogger } from '@tessera/observability';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HoldKeeper } from './hold-keeper.js';

const HOLD_MS = 30_000;
const hold = { receiverId: 'hook_1', ownerId: 'key_1', token: 'token' };
const logger = createLogger({ name: 'hold-keeper', level: 'silent' });
const away = () => Promise.reject(new Error('Redis is away'));

let keeper: HoldKeeper;
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  keeper.stop();
  vi.useRealTimers();
});

function keep(renew: () => Promise<string[]>, askedAgoMs = 0) {
  keeper = new HoldKeeper({ renew }, HOLD_MS, logger);
  return keeper.keep(hold, performance.now() - askedAgoMs);
}

describe('a hold', () => {
  it('is given up when it ends, not later, where it cannot be renewed', async () => {
    const { controller } = keep(away, 5_000);
    await vi.advanceTimersByTimeAsync(HOLD_MS - 5_000 - 1);
    expect(controller.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(controller.signal.aborted).toBe(true);
  });

  it('is given up at once where Redis was asked for it too long ago', () => {
    expect(keep(away, HOLD_MS).controller.signal.aborted).toBe(true);
  });

  it('is given up at once where the answer to its renewal came too late', () => {
    const kept = keep(away);
    keeper.renewed(kept, performance.now() - HOLD_MS);
    expect(kept.controller.signal.aborted).toBe(true);
  });

  it('lasts as long as it is renewed, and ends when somebody else has it', async () => {
    const renew = vi.fn<() => Promise<string[]>>().mockResolvedValue([]);
    const { controller } = keep(renew);
    await vi.advanceTimersByTimeAsync(10 * HOLD_MS);
    expect(controller.signal.aborted).toBe(false);
    renew.mockResolvedValue([hold.receiverId]);
    await vi.advanceTimersByTimeAsync(HOLD_MS / 2);
    expect(controller.signal.aborted).toBe(true);
  });

  it('that is forgotten is left alone', async () => {
    const kept = keep(away);
    keeper.forget(kept);
    keeper.renewed(kept, performance.now());
    await vi.advanceTimersByTimeAsync(2 * HOLD_MS);
    expect(kept.controller.signal.aborted).toBe(false);
  });
});
