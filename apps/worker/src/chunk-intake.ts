import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { runChunk } from '@tessera/batches';
import { type ChunkAttempt, type ChunkConsumer, startChunkConsumer } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { Admission } from './admission.js';
import { ConsumerSettings } from './consumer-settings.js';
import { RowAnswerer } from './row-answerer.js';
import { OBJECT_STORE } from './tokens.js';
import { waitForStore } from './wait-for-store.js';

/**
 * Chunks at a time: while the last rows of one are answered, those of others fill the engine. As many as the dispatcher
 * cuts for a worker, so that none waits in the queue behind those of another owner.
 */
const CONCURRENT_CHUNKS = 5;

/** Takes chunks of the batches of the engine's model; their rows are answered where jobs leave room. */
@Injectable()
export class ChunkIntake implements OnApplicationBootstrap {
  private consumer: ChunkConsumer | undefined;

  constructor(
    @Inject(ConsumerSettings) private readonly settings: ConsumerSettings,
    @Inject(OBJECT_STORE) private readonly objectStore: ObjectStore,
    @Inject(Admission) private readonly admission: Admission,
    @Inject(RowAnswerer) private readonly answerer: RowAnswerer,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { connection, model, lockDurationMs, logger, turns } = this.settings;
    this.consumer = await startChunkConsumer({
      ...{ connection, model, lockDurationMs, logger, turns },
      concurrency: CONCURRENT_CHUNKS,
      handle: (attempt) => this.run(attempt),
    });
  }

  /** Takes no more chunks and begins no more rows; those under way are answered, or cut short in the end. */
  async drain(): Promise<void> {
    await this.consumer?.drain(this.settings.drainTimeoutMs);
  }

  private run(attempt: ChunkAttempt): Promise<void> {
    const { batchId, index } = attempt.key;
    const logger = this.settings.logger.child({ batchId, chunk: index });
    return runChunk(attempt, {
      objectStore: this.objectStore,
      answerRow: this.answerer.answer,
      admit: (signal) => this.admission.admitRow(`${batchId}:${index}`, signal),
      whileStoreIsAway: (work, signal) => waitForStore(work, { signal, logger }),
    });
  }
}
