import { chunkOutcomeSchema } from '@tessera/contracts';
import { type Redis } from 'ioredis';
import { z } from 'zod';
import { callRedis } from '../redis-client.js';
import { type CommittedChunk } from './batch-store.js';
import { CommittedChunksGoneError } from './chunk-errors.js';

/** Chunks read with one command. */
const PAGE_SIZE = 500;

const committedChunk = chunkOutcomeSchema.extend({
  token: z.string(),
}) satisfies z.ZodType<CommittedChunk>;

/**
 * The outcomes of the committed chunks of a batch, by ascending index.
 * @throws {CommittedChunksGoneError} where the batch ends meanwhile
 */
export async function* readCommittedChunks(
  redis: Redis,
  root: string,
  batchId: string,
): AsyncGenerator<CommittedChunk & { index: number }> {
  const key = `${root}:batch-parts:${batchId}`;
  const action = `read the parts of batch ${batchId}`;
  const fields = await callRedis(action, () => redis.hkeys(key));
  const indexes = fields.map(Number).sort((one, other) => one - other);
  for (let start = 0; start < indexes.length; start += PAGE_SIZE) {
    const page = indexes.slice(start, start + PAGE_SIZE);
    const texts = await callRedis(action, () => redis.hmget(key, ...page.map(String)));
    for (const [position, index] of page.entries()) {
      const text = texts[position];
      if (text == null) throw new CommittedChunksGoneError(batchId);
      yield { index, ...committedChunk.parse(JSON.parse(text)) };
    }
  }
}
