import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { FileStore, type FileUpkeep, startFileUpkeep } from '@tessera/files';
import { type Logger } from '@tessera/observability';
import { type FileIndex } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { FILE_INDEX, LOGGER, OBJECT_STORE } from './tokens.js';

/** Removes expired files and abandoned uploads, and keeps the index of files like the store. */
@Injectable()
export class FileUpkeepRunner implements OnApplicationBootstrap, OnModuleDestroy {
  private upkeep: FileUpkeep | undefined;

  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(OBJECT_STORE) private readonly objectStore: ObjectStore,
    @Inject(FILE_INDEX) private readonly index: FileIndex,
    @Inject(FileStore) private readonly files: FileStore,
  ) {}

  onApplicationBootstrap(): void {
    const { logger, objectStore, index, files } = this;
    this.upkeep = startFileUpkeep({ objectStore, index, files, logger });
  }

  async onModuleDestroy(): Promise<void> {
    await this.upkeep?.stop();
  }
}
