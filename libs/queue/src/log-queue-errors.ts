import { type Logger } from '@tessera/observability';
import { type QueueBase, UnrecoverableError, type Worker } from 'bullmq';
import { type Redis } from 'ioredis';
import { RetryLaterError } from './retry.js';

/** Logs what goes wrong in a BullMQ queue or worker. The client itself tells of lost connections, once and not per try. */
export function logQueueErrors(queue: QueueBase, redis: Redis, logger: Logger): void {
  queue.on('error', (err) => {
    const level = redis.status === 'ready' ? 'warn' : 'debug';
    logger[level]({ err, queue: queue.name }, 'BullMQ reports a failure');
  });
}

/** Logs besides, what a worker's processor did not see coming. BullMQ keeps it with the entry and runs that again. */
export function logWorkerErrors(worker: Worker, redis: Redis, logger: Logger): void {
  logQueueErrors(worker, redis, logger);
  worker.on('failed', (entry, err) => {
    const isForeseen = err instanceof RetryLaterError || err instanceof UnrecoverableError;
    if (!isForeseen)
      logger.error({ err, queue: worker.name, entryId: entry?.id }, 'a queue entry could not be processed');
  });
}
