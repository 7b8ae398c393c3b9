import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { BatchRunner } from '@tessera/batches';
import { type Config } from '@tessera/config';
import { FileStore } from '@tessera/files';
import { type Logger } from '@tessera/observability';
import { type BatchLedger, openBatchLedger } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { toQueueConnection } from './queue-connection.js';
import { CONFIG, LOGGER, OBJECT_STORE } from './tokens.js';

/** Validates batches, hands their rows to the workers, and puts their files together. */
@Injectable()
export class BatchMover implements OnApplicationBootstrap, OnModuleDestroy {
  private ledger: BatchLedger | undefined;
  private runner: BatchRunner | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(OBJECT_STORE) private readonly objectStore: ObjectStore,
    @Inject(FileStore) private readonly files: FileStore,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { config, logger, objectStore, files } = this;
    const ledger = await openBatchLedger({
      connection: toQueueConnection(config),
      retentionSeconds: config.jobs.retentionSeconds,
      logger,
    });
    this.ledger = ledger;
    this.runner = new BatchRunner({
      ledger,
      objectStore,
      files,
      maxLineBytes: config.http.maxBodyBytes,
      isModelAvailable: async (model) =>
        config.model.acceptedIds.includes(model) || (await ledger.capacityOf(model)).consumers > 0,
      logger,
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.runner?.stop();
    await this.ledger?.close();
  }

  async ping(): Promise<void> {
    await this.ledger?.ping();
  }
}
