import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { BatchRunner } from '@tessera/batches';
import { type Config } from '@tessera/config';
import { FileStore } from '@tessera/files';
import { type Logger } from '@tessera/observability';
import { type BatchLedger, type FileIndex, openBatchLedger, openFileIndex } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { toQueueConnection } from './queue-connection.js';
import { CONFIG, LOGGER, OBJECT_STORE } from './tokens.js';

/** Validates batches, hands their rows to the workers, and puts their files together. */
@Injectable()
export class BatchMover implements OnApplicationBootstrap, OnModuleDestroy {
  private ledger: BatchLedger | undefined;
  private index: FileIndex | undefined;
  private runner: BatchRunner | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(OBJECT_STORE) private readonly objectStore: ObjectStore,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { config, logger, objectStore } = this;
    const connection = toQueueConnection(config);
    const { retentionSeconds } = config.jobs;
    const ledger = await openBatchLedger({ connection, retentionSeconds, logger });
    this.ledger = ledger;
    this.index = await openFileIndex({ connection, logger });
    this.runner = new BatchRunner({
      ledger,
      objectStore,
      files: new FileStore({ objectStore, index: this.index, retentionSeconds, logger }),
      maxLineBytes: config.http.maxBodyBytes,
      isModelAvailable: async (model) =>
        config.model.acceptedIds.includes(model) || (await ledger.capacityOf(model)).consumers > 0,
      logger,
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.runner?.stop();
    await this.ledger?.close();
    await this.index?.close();
  }

  async ping(): Promise<void> {
    await this.ledger?.ping();
  }
}
