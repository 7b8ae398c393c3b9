import { type Worker } from 'bullmq';
import { type Redis } from 'ioredis';

/**
 * Closes a BullMQ worker, which takes nothing more from now on, once its work has ended. While Redis is away BullMQ's
 * orderly close waits for it for ever; then the worker only lets go of its connections, and its last entry comes back
 * when the lock ends.
 */
export async function closeWorker(worker: Worker, redis: Redis, idle: Promise<void>): Promise<void> {
  if (redis.status === 'ready') return worker.close();
  await worker.pause(true);
  await idle;
  await worker.close(true);
}
