import { Inject, Injectable } from '@nestjs/common';
import { type Config, DEFAULT_REDIS_URL } from '@tessera/config';
import { type Engine } from '@tessera/engine';
import { type Logger } from '@tessera/observability';
import { type QueueConnection, Turns } from '@tessera/queue';
import { CONFIG, ENGINE, LOGGER } from './tokens.js';

/** What the consumers of jobs and of chunks have in common. */
@Injectable()
export class ConsumerSettings {
  readonly connection: QueueConnection;
  readonly model: Engine['model'];
  readonly lockDurationMs: number;
  readonly drainTimeoutMs: number;
  /** One for both, so that a job that may kill the worker runs beside no row, and the other way round. */
  readonly turns = new Turns();

  constructor(
    @Inject(CONFIG) { redis, worker }: Config,
    @Inject(ENGINE) engine: Engine,
    @Inject(LOGGER) readonly logger: Logger,
  ) {
    this.connection = { url: redis.url ?? DEFAULT_REDIS_URL, prefix: redis.prefix };
    this.model = engine.model;
    this.lockDurationMs = worker.lockDurationMs;
    this.drainTimeoutMs = worker.drainTimeoutMs;
  }
}
