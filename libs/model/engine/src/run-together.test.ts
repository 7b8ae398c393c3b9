import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runTogether } from './run-together.js';

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  );

describe('runTogether', () => {
  it('gives all results in order', async () => {
    expect(await runTogether(3, undefined, async (index) => index * 2)).toEqual([0, 2, 4]);
  });

  it('ends the others when one fails', async () => {
    const fault = new Error('broken');
    const ended: unknown[] = [];
    const run = async (index: number, signal: AbortSignal): Promise<void> => {
      if (index === 1) throw fault;
      await untilAborted(signal).catch((error: unknown) => ended.push(error));
    };
    await expect(runTogether(3, undefined, run)).rejects.toBe(fault);
    await setImmediate();
    expect(ended).toEqual([fault, fault]);
  });

  it('ends all with the reason of the signal, before and while they run', async () => {
    const reason = new Error('no longer wanted');
    const controller = new AbortController();
    const running = runTogether(2, controller.signal, (_, signal) => untilAborted(signal));
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    const late = runTogether(1, controller.signal, async (_, signal) => signal.throwIfAborted());
    await expect(late).rejects.toBe(reason);
  });
});
