import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { FileStore } from '@tessera/files';
import { type FileIndex, openFileIndex } from '@tessera/queue';
import { SafeHttp } from '@tessera/safe-fetch';
import { type ServiceContext } from '@tessera/service-process';
import { type ObjectStore, openObjectStore } from '@tessera/storage';
import { loadWebhookSecret } from '@tessera/webhooks';
import { BatchMover } from './batch-mover.js';
import { FileUpkeepRunner } from './file-upkeep-runner.js';
import { JobUpkeepRunner } from './job-upkeep-runner.js';
import { toQueueConnection } from './queue-connection.js';
import { CONFIG, FILE_INDEX, LOGGER, OBJECT_STORE, SAFE_HTTP, WEBHOOK_SECRET } from './tokens.js';
import { WebhookDeliverer } from './webhook-deliverer.js';

@Module({})
export class DispatcherModule implements OnApplicationShutdown {
  constructor(
    @Inject(SAFE_HTTP) private readonly http: SafeHttp,
    @Inject(FILE_INDEX) private readonly fileIndex: FileIndex,
  ) {}

  static with({ config, logger }: ServiceContext): DynamicModule {
    const { allowedPrivateNetworks } = config.network;
    const { secret } = config.webhooks;
    return {
      module: DispatcherModule,
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: LOGGER, useValue: logger },
        {
          provide: OBJECT_STORE,
          useFactory: (): Promise<ObjectStore> => openObjectStore(config.store),
        },
        {
          provide: FILE_INDEX,
          useFactory: (): Promise<FileIndex> =>
            openFileIndex({ connection: toQueueConnection(config), logger }),
        },
        {
          provide: FileStore,
          inject: [OBJECT_STORE, FILE_INDEX],
          useFactory: (objectStore: ObjectStore, index: FileIndex) =>
            new FileStore({ objectStore, index, retentionSeconds: config.jobs.retentionSeconds, logger }),
        },
        { provide: SAFE_HTTP, useFactory: () => new SafeHttp({ allowedPrivateNetworks }) },
        {
          provide: WEBHOOK_SECRET,
          useFactory: (): Promise<string> =>
            loadWebhookSecret({
              dataDirectory: config.data.directory,
              ...(secret === undefined ? {} : { configured: secret }),
            }),
        },
        BatchMover,
        JobUpkeepRunner,
        FileUpkeepRunner,
        WebhookDeliverer,
      ],
    };
  }

  /** Comes after batches and files are left alone and deliveries have drained. */
  async onApplicationShutdown(): Promise<void> {
    await this.fileIndex.close();
    await this.http.close();
  }
}
