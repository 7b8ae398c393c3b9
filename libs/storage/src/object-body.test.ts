import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ObjectStoreUnavailableError } from './errors.js';
import { objectBody } from './object-body.js';

describe('objectBody', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  const idleTimeoutMs = 1000;

  it('fails as the store does when its source breaks off', async () => {
    const source = new PassThrough();
    const read = buffer(objectBody('a/b', source, {}));
    source.write('half');
    const cause = new Error('connection reset');
    source.destroy(cause);
    await expect(read).rejects.toBeInstanceOf(ObjectStoreUnavailableError);
    await expect(read).rejects.toMatchObject({ subject: 'a/b', retryable: true, cause });
  });

  it('fails when its source ends without an end', async () => {
    const source = new PassThrough();
    const read = buffer(objectBody('a/b', source, {}));
    source.destroy();
    await expect(read).rejects.toBeInstanceOf(ObjectStoreUnavailableError);
  });

  it('fails when a reader waits for a silent source', async () => {
    const source = new PassThrough();
    const body = objectBody('a/b', source, { idleTimeoutMs });
    const read = expect(buffer(body)).rejects.toThrow('no byte has come for 1000 ms');
    source.write('a');
    await once(body, 'data');
    await vi.advanceTimersByTimeAsync(idleTimeoutMs);
    await read;
    expect(source.destroyed).toBe(true);
  });

  it('waits for a slow reader for as long as that takes', async () => {
    const source = new PassThrough();
    const body = objectBody('a/b', source, { idleTimeoutMs });
    source.end(Buffer.alloc(500_000));
    await once(body, 'readable');
    await vi.advanceTimersByTimeAsync(20 * idleTimeoutMs);
    expect((await buffer(body)).length).toBe(500_000);
  });

  it('ends its source when the reader leaves', async () => {
    const source = new PassThrough();
    const body = objectBody('a/b', source, {});
    const closed = once(source, 'close');
    body.destroy();
    await closed;
    expect(source.destroyed).toBe(true);
  });
});
