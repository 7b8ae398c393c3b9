import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { type JobConsumer, startJobConsumer } from '@tessera/queue';
import { Admission } from './admission.js';
import { ConsumerSettings } from './consumer-settings.js';
import { JobAnswerer } from './job-answerer.js';

/** Takes jobs from the queue of the engine's model as fast as the engine has room, until the worker stops. */
@Injectable()
export class JobIntake implements OnApplicationBootstrap {
  private consumer: JobConsumer | undefined;

  constructor(
    @Inject(ConsumerSettings) private readonly settings: ConsumerSettings,
    @Inject(Admission) private readonly admission: Admission,
    @Inject(JobAnswerer) private readonly answerer: JobAnswerer,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { connection, model, lockDurationMs, logger, turns } = this.settings;
    this.consumer = await startJobConsumer({
      ...{ connection, model, lockDurationMs, logger, turns },
      concurrency: this.admission.places,
      handle: (attempt) => this.admission.runJob(() => this.answerer.answer(attempt)),
    });
    logger.info({ model: model.id }, 'taking jobs');
  }

  /** Takes no more jobs; those under way are answered, or handed back in the end. */
  async drain(): Promise<void> {
    const outcome = await this.consumer?.drain(this.settings.drainTimeoutMs);
    if (outcome !== undefined) this.settings.logger.info(outcome, 'drained');
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
