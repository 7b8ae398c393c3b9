import { createLogger } from '@tessera/observability';
import { ObjectNotFoundError, ObjectStoreUnavailableError } from '@tessera/storage';
import { describe, expect, it, vi } from 'vitest';
import { waitForStore } from './wait-for-store.js';

const logger = createLogger({ name: 'test', level: 'silent' });
const full = new ObjectStoreUnavailableError('put', 'jobs/1', new Error('no space left on device'));
const never = new AbortController().signal;

describe('waitForStore', () => {
  it('tries until the store works again', async () => {
    const work = vi.fn<() => Promise<string>>().mockRejectedValueOnce(full).mockResolvedValue('stored');
    expect(await waitForStore(work, { signal: never, logger })).toBe('stored');
    expect(work).toHaveBeenCalledTimes(2);
  });

  it('does not repeat what fails for another reason', async () => {
    const gone = new ObjectNotFoundError('jobs/1');
    const work = vi.fn<() => Promise<string>>().mockRejectedValue(gone);
    await expect(waitForStore(work, { signal: never, logger })).rejects.toBe(gone);
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('gives up when the attempt is aborted', async () => {
    const controller = new AbortController();
    const work = vi.fn(() => {
      controller.abort(new Error('drained'));
      return Promise.reject(full);
    });
    const waiting = waitForStore(work, { signal: controller.signal, logger });
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    expect(work).toHaveBeenCalledTimes(1);
  });
});
