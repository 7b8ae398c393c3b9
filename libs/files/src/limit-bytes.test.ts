import { describe, expect, it } from 'vitest';
import { FileTooLargeError } from './errors.js';
import { limitBytes } from './limit-bytes.js';

async function* chunks(...sizes: number[]): AsyncGenerator<Uint8Array> {
  for (const size of sizes) yield new Uint8Array(size);
}

async function countBytes(source: AsyncIterable<Uint8Array>): Promise<number> {
  let byteCount = 0;
  for await (const chunk of source) byteCount += chunk.length;
  return byteCount;
}

describe('a limit of ten bytes', () => {
  it.each([[[]], [[10]], [[4, 6]], [[4, 6, 0]]])('lets chunks of %j pass', async (sizes) => {
    const byteCount = await countBytes(limitBytes(chunks(...sizes), 10, 'file'));
    expect(byteCount).toBe(sizes.reduce((sum, size) => sum + size, 0));
  });

  it.each([[[11]], [[10, 1]]])('refuses chunks of %j and ends their source', async (sizes) => {
    let isEnded = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        yield* chunks(...sizes, 5);
      } finally {
        isEnded = true;
      }
    }
    await expect(countBytes(limitBytes(source(), 10, 'file'))).rejects.toThrow(FileTooLargeError);
    expect(isEnded).toBe(true);
  });
});
