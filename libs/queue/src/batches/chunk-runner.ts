import { withLogContext } from '@tessera/observability';
import { type Job as QueueEntry, WaitingError } from 'bullmq';
import { type Redis } from 'ioredis';
import { v7 as uuidv7 } from 'uuid';
import { ActiveSet } from '../active-set.js';
import { callRedis } from '../redis-client.js';
import { RetryLaterError } from '../retry.js';
import { ActiveChunk } from './active-chunk.js';
import { type ChunkAttempt, type ChunkConsumerOptions } from './chunk-consumer.js';
import { type ChunkEntryData } from './chunk-queues.js';
import { type ChunkScripts, defineChunkScripts } from './chunk-scripts.js';

/** Until a chunk comes again whose attempt failed or lost it: mostly BullMQ has already given the latter away. */
const RETRY_MS = 5_000;

/** The processor of a consumer's queue entries: one attempt at the entry's chunk, and what becomes of the entry. */
export class ChunkRunner {
  readonly active = new ActiveSet<ActiveChunk>();
  private readonly scripts: ChunkScripts;
  private isDraining = false;

  constructor(
    private readonly options: ChunkConsumerOptions,
    private readonly parts: { redis: Redis; root: string },
  ) {
    this.scripts = defineChunkScripts(parts.redis, parts.root);
  }

  /** Resolves when the entry is done with: the chunk is committed, or no worker's any more. */
  async run(entry: QueueEntry<ChunkEntryData>, lockToken: string | undefined): Promise<void> {
    if (this.isDraining) return handBack(entry, lockToken);
    const { batchId, index } = entry.data;
    const active = new ActiveChunk(
      { batchId, index, token: uuidv7() },
      { scripts: this.scripts, turns: this.options.turns },
    );
    for (const other of this.active) if (isSame(other, active)) other.lose('a newer attempt has begun here');
    this.active.add(active);
    try {
      const chunk = await this.scripts.start(active.key);
      if (chunk !== undefined) {
        const { requestId } = chunk;
        await withLogContext({ requestId, batchId }, () => this.handle(active, active.begin(chunk)));
      }
    } finally {
      this.active.remove(active);
    }
    if (active.stopReason === 'draining' && !active.isCommitted) return handBack(entry, lockToken);
  }

  /** From now on entries that BullMQ still brings are handed back, and no row begins. */
  stopTaking(): void {
    this.isDraining = true;
    for (const chunk of this.active) chunk.stop('draining');
  }

  abortAll(): void {
    for (const chunk of this.active) chunk.abort();
  }

  /** Takes a message of the aborts channel, "reason id". */
  receive(message: string): void {
    const [reason, batchId] = message.split(' ');
    if (reason !== 'ended') return;
    for (const chunk of this.active) if (chunk.key.batchId === batchId) chunk.stop('ended');
  }

  /** Finds the messages that were lost while the channel was away. */
  async recheck(): Promise<void> {
    const { redis, root } = this.parts;
    for (const chunk of this.active) {
      try {
        const status = await callRedis('look after the batch', () =>
          redis.hget(`${root}:batch:${chunk.key.batchId}`, 'status'),
        );
        if (status !== 'in_progress') chunk.stop('ended');
      } catch (err) {
        this.options.logger.warn({ err, ...chunk.key }, 'could not look after the batch');
      }
    }
  }

  /** The locks of these queue entries could not be renewed. */
  lose(entryIds: readonly string[]): void {
    for (const chunk of this.active) {
      const { batchId, index } = chunk.key;
      if (entryIds.includes(`${batchId}_${index}`)) chunk.lose('its lock could not be renewed');
    }
  }

  /** @throws {RetryLaterError} where the chunk is to come again */
  private async handle(active: ActiveChunk, attempt: ChunkAttempt): Promise<void> {
    const { logger, handle } = this.options;
    const failure = await handle(attempt).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    if (active.isCommitted) return;
    if (active.isLost) {
      logger.warn({ err: attempt.signal.reason as unknown, ...active.key }, 'the attempt lost its chunk');
      throw new RetryLaterError(RETRY_MS, 'the attempt lost its chunk');
    }
    await this.scripts.release(active.key);
    if (active.stopReason !== undefined) return;
    logger.error({ err: failure?.error, ...active.key }, 'a chunk failed, and will be tried again');
    throw new RetryLaterError(RETRY_MS, 'the attempt failed');
  }
}

function isSame(one: ActiveChunk, other: ActiveChunk): boolean {
  return one.key.batchId === other.key.batchId && one.key.index === other.key.index;
}

/** Puts the entry back to the front of its queue, which uses up neither an attempt nor a stall. */
async function handBack(entry: QueueEntry<ChunkEntryData>, lockToken: string | undefined): Promise<never> {
  await entry.moveToWait(lockToken);
  throw new WaitingError();
}
