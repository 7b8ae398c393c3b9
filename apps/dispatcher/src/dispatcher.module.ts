import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { FileStore } from '@tessera/files';
import { type FileIndex, openFileIndex, openWebhookIndex, type WebhookIndex } from '@tessera/queue';
import { type ServiceContext } from '@tessera/service-process';
import { type ObjectStore, openObjectStore } from '@tessera/storage';
import { EndpointStore, loadWebhookSecret, WebhookSender } from '@tessera/webhooks';
import { BatchMover } from './batch-mover.js';
import { EndpointUpkeepRunner } from './endpoint-upkeep-runner.js';
import { FileUpkeepRunner } from './file-upkeep-runner.js';
import { JobUpkeepRunner } from './job-upkeep-runner.js';
import { toQueueConnection } from './queue-connection.js';
import { CONFIG, FILE_INDEX, LOGGER, OBJECT_STORE, WEBHOOK_INDEX } from './tokens.js';
import { WebhookDeliverer } from './webhook-deliverer.js';

/** Time a receiver of webhooks gets to answer. */
const DELIVERY_TIMEOUT_MS = 20_000;

@Module({})
export class DispatcherModule implements OnApplicationShutdown {
  constructor(
    @Inject(WebhookSender) private readonly sender: WebhookSender,
    @Inject(FILE_INDEX) private readonly fileIndex: FileIndex,
    @Inject(WEBHOOK_INDEX) private readonly webhookIndex: WebhookIndex,
  ) {}

  static with({ config, logger }: ServiceContext): DynamicModule {
    const { allowedPrivateNetworks } = config.network;
    const { secret, maxEndpointsPerOwner } = config.webhooks;
    const secretSource = {
      dataDirectory: config.data.directory,
      ...(secret === undefined ? {} : { configured: secret }),
    };
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
        {
          provide: WEBHOOK_INDEX,
          useFactory: (): Promise<WebhookIndex> =>
            openWebhookIndex({ connection: toQueueConnection(config), logger }),
        },
        {
          provide: EndpointStore,
          inject: [OBJECT_STORE, WEBHOOK_INDEX],
          useFactory: (objectStore: ObjectStore, index: WebhookIndex) =>
            new EndpointStore({ objectStore, index, maxPerOwner: maxEndpointsPerOwner, logger }),
        },
        {
          provide: WebhookSender,
          useFactory: async () =>
            new WebhookSender({
              allowedPrivateNetworks,
              secret: await loadWebhookSecret(secretSource),
              timeoutMs: DELIVERY_TIMEOUT_MS,
            }),
        },
        BatchMover,
        JobUpkeepRunner,
        FileUpkeepRunner,
        EndpointUpkeepRunner,
        WebhookDeliverer,
      ],
    };
  }

  /** Comes after batches and files are left alone and deliveries have drained. */
  async onApplicationShutdown(): Promise<void> {
    await this.fileIndex.close();
    await this.webhookIndex.close();
    await this.sender.close();
  }
}
