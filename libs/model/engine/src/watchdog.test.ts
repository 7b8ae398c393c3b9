import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type EngineHungError } from './errors.js';
import { Watchdog } from './watchdog.js';

const LIMIT_MS = 500;
const DAY_MS = 86_400_000;

function setUp(stepTimeoutMs = LIMIT_MS) {
  const hangs: EngineHungError[] = [];
  const controller = new AbortController();
  const watchdog = new Watchdog({ stepTimeoutMs, onHang: (error) => hangs.push(error) });
  let settle!: { resolve: (value: string) => void; reject: (error: Error) => void };
  const run = () => new Promise<string>((resolve, reject) => (settle = { resolve, reject }));
  const outcome = watchdog.guard(run, controller).catch((error: unknown) => error);
  return { hangs, controller, outcome, settle };
}

describe('Watchdog', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('leaves a run alone that ends in time, and its failure as it is', async () => {
    const good = setUp();
    vi.advanceTimersByTime(LIMIT_MS - 1);
    good.settle.resolve('done');
    expect(await good.outcome).toBe('done');
    const bad = setUp();
    const failure = new Error('out of memory');
    bad.settle.reject(failure);
    expect(await bad.outcome).toBe(failure);
    vi.advanceTimersByTime(DAY_MS);
    expect([good, bad].map(({ controller, hangs }) => [controller.signal.aborted, hangs])).toEqual([
      [false, []],
      [false, []],
    ]);
  });

  it('ends a run that takes too long', async () => {
    const { controller, hangs, outcome, settle } = setUp();
    vi.advanceTimersByTime(LIMIT_MS);
    expect(controller.signal.aborted).toBe(true);
    const cause = new Error('terminated');
    settle.reject(cause);
    expect(await outcome).toMatchObject({ code: 'engine_failed', retryable: true, limitMs: LIMIT_MS, cause });
    vi.advanceTimersByTime(DAY_MS);
    expect(hangs).toEqual([]);
  });

  it('takes a result that comes after all', async () => {
    const { outcome, settle } = setUp();
    vi.advanceTimersByTime(LIMIT_MS + 1);
    settle.resolve('late');
    expect(await outcome).toBe('late');
  });

  it('reports a run that does not stop, once', async () => {
    const { hangs } = setUp();
    vi.advanceTimersByTime(2 * LIMIT_MS - 1);
    expect(hangs).toEqual([]);
    vi.advanceTimersByTime(DAY_MS);
    expect(hangs).toMatchObject([{ code: 'engine_failed', limitMs: LIMIT_MS, graceMs: LIMIT_MS }]);
  });

  it('never ends a run without a limit', async () => {
    const { controller, hangs } = setUp(0);
    vi.advanceTimersByTime(DAY_MS);
    expect([controller.signal.aborted, hangs]).toEqual([false, []]);
  });
});
