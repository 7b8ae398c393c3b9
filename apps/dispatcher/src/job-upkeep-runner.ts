import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Config } from '@tessera/config';
import { type Logger } from '@tessera/observability';
import { type JobUpkeep, startJobUpkeep } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { toQueueConnection } from './queue-connection.js';
import { imagesPrefix, storedJobIds } from './stored-job-ids.js';
import { CONFIG, LOGGER, OBJECT_STORE } from './tokens.js';

/** Expires jobs, gives lost ones their queue entry back, and removes those whose retention has passed. */
@Injectable()
export class JobUpkeepRunner implements OnApplicationBootstrap, OnModuleDestroy {
  private upkeep: JobUpkeep | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(OBJECT_STORE) private readonly objectStore: ObjectStore,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.upkeep = await startJobUpkeep({
      connection: toQueueConnection(this.config),
      logger: this.logger,
      removeObjects: (jobId) => this.objectStore.deletePrefix(`jobs/${jobId}/`),
      storedJobIds: () => storedJobIds(this.objectStore),
      // An answer shows that there was a job: the record is lost, and what it was must not be.
      removeOrphan: (jobId) => this.objectStore.deletePrefix(imagesPrefix(jobId)),
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.upkeep?.stop();
  }

  async ping(): Promise<void> {
    await this.upkeep?.ping();
  }
}
