import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Config, DEFAULT_REDIS_URL } from '@tessera/config';
import { type Engine } from '@tessera/engine';
import { type Logger } from '@tessera/observability';
import { type JobConsumer, startJobConsumer } from '@tessera/queue';
import { JobAnswerer } from './job-answerer.js';
import { CONFIG, ENGINE, LOGGER } from './tokens.js';

/**
 * Jobs taken beyond the engine's slots: their images are fetched and tiled while the slots are busy, so that a slot that
 * comes free is filled at once.
 */
const JOBS_AHEAD = 4;

/** Takes jobs from the queue of the engine's model as fast as the engine has room, until the worker stops. */
@Injectable()
export class JobIntake implements OnApplicationBootstrap, OnModuleDestroy {
  private consumer: JobConsumer | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(JobAnswerer) private readonly answerer: JobAnswerer,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { redis, worker } = this.config;
    this.consumer = await startJobConsumer({
      connection: { url: redis.url ?? DEFAULT_REDIS_URL, prefix: redis.prefix },
      model: this.engine.model,
      concurrency: this.engine.slotCount + JOBS_AHEAD,
      lockDurationMs: worker.lockDurationMs,
      logger: this.logger,
      handle: (attempt) => this.answerer.answer(attempt),
    });
    this.logger.info({ model: this.engine.model.id }, 'taking jobs');
  }

  async onModuleDestroy(): Promise<void> {
    const outcome = await this.consumer?.drain(this.config.worker.drainTimeoutMs);
    if (outcome !== undefined) this.logger.info(outcome, 'drained');
  }

  /** `ok`, or what is wrong, in words. */
  async readiness(): Promise<{ redis: string }> {
    if (this.consumer === undefined) return { redis: 'connecting' };
    return this.consumer.ping().then(
      () => ({ redis: 'ok' }),
      (error: unknown) => ({ redis: error instanceof Error ? error.message : String(error) }),
    );
  }
}
