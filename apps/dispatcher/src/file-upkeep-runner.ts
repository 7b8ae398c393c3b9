import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { type Config } from '@tessera/config';
import { FileStore, type FileUpkeep, startFileUpkeep } from '@tessera/files';
import { type Logger } from '@tessera/observability';
import { type FileIndex, openFileIndex } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { toQueueConnection } from './queue-connection.js';
import { CONFIG, LOGGER, OBJECT_STORE } from './tokens.js';

/** Removes expired files and abandoned uploads, and keeps the index of files like the store. */
@Injectable()
export class FileUpkeepRunner implements OnApplicationBootstrap, OnModuleDestroy {
  private index: FileIndex | undefined;
  private upkeep: FileUpkeep | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(OBJECT_STORE) private readonly objectStore: ObjectStore,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { config, logger, objectStore } = this;
    const index = await openFileIndex({ connection: toQueueConnection(config), logger });
    this.index = index;
    const { retentionSeconds } = config.jobs;
    const files = new FileStore({ objectStore, index, retentionSeconds, logger });
    this.upkeep = startFileUpkeep({ objectStore, index, files, logger });
  }

  async onModuleDestroy(): Promise<void> {
    await this.upkeep?.stop();
    await this.index?.close();
  }
}
