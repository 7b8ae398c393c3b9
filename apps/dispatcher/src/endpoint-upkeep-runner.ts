import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Config } from '@tessera/config';
import { type Logger } from '@tessera/observability';
import { type WebhookIndex } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { type EndpointUpkeep, startEndpointUpkeep } from '@tessera/webhooks';
import { CONFIG, LOGGER, OBJECT_STORE, WEBHOOK_INDEX } from './tokens.js';

/** Keeps webhook endpoints in Redis like those of the store. */
@Injectable()
export class EndpointUpkeepRunner implements OnApplicationBootstrap, OnModuleDestroy {
  private upkeep: EndpointUpkeep | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(OBJECT_STORE) private readonly objectStore: ObjectStore,
    @Inject(WEBHOOK_INDEX) private readonly index: WebhookIndex,
  ) {}

  onApplicationBootstrap(): void {
    const { config, logger, objectStore, index } = this;
    const log = { entries: config.webhooks.logEntries, ageMs: config.jobs.retentionSeconds * 1000 };
    this.upkeep = startEndpointUpkeep({ objectStore, index, log, logger });
  }

  async onModuleDestroy(): Promise<void> {
    await this.upkeep?.stop();
  }
}
