import { setTimeout as delay } from 'node:timers/promises';

const LOOK_MS = 250;

/** @throws {Error} where it did not come about in time */
export async function until(isDone: () => boolean | Promise<boolean>, timeoutMs: number): Promise<void> {
  const deadlineAt = performance.now() + timeoutMs;
  while (!(await isDone())) {
    if (performance.now() > deadlineAt) throw new Error(`nothing came of it within ${timeoutMs} ms`);
    await delay(LOOK_MS);
  }
}
