import { type BatchRecord } from '@tessera/contracts';
import { type Redis } from 'ioredis';
import { callRedis } from '../redis-client.js';
import { decodeBatchRecord } from './batch-fields.js';

/** The record of a batch; undefined where there is none. */
export async function readBatch(redis: Redis, root: string, id: string): Promise<BatchRecord | undefined> {
  const fields = await callRedis('read the batch', () => redis.hgetall(`${root}:batch:${id}`));
  return fields['id'] === undefined ? undefined : decodeBatchRecord(fields);
}
