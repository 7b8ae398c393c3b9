import { type DynamicModule, Module } from '@nestjs/common';
import { type ApiKeys } from '@tessera/api-keys';
import { type Config } from '@tessera/config';
import { FileStore, UploadStore } from '@tessera/files';
import { type Logger } from '@tessera/observability';
import {
  type BatchStore,
  type FileIndex,
  type JobStore,
  type LimitStore,
  type WebhookIndex,
} from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { EndpointStore } from '@tessera/webhooks';
import { AdminKeysModule } from './admin-keys/admin-keys.module.js';
import { KeyDirectory } from './admin-keys/key-directory.js';
import { BatchesModule } from './batches/batches.module.js';
import { ChatModule } from './chat/chat.module.js';
import { FilesModule } from './files/files.module.js';
import { HealthModule } from './health/health.module.js';
import { AllowedMethods } from './http/allowed-methods.js';
import { Shutdown } from './http/shutdown.js';
import { StreamPlaces } from './http/stream-places.js';
import { JobsModule } from './jobs/jobs.module.js';
import { UsageModule } from './limits/usage.module.js';
import { ModelsModule } from './models/models.module.js';
import { UploadsModule } from './uploads/uploads.module.js';
import {
  BATCH_STORE,
  CONFIG,
  JOB_STORE,
  LIMIT_STORE,
  LOGGER,
  OBJECT_STORE,
  WEBHOOK_INDEX,
} from './tokens.js';
import { WebhookEndpointsModule } from './webhook-endpoints/webhook-endpoints.module.js';

/** What the API needs from outside; who makes these also closes them. */
export interface ApiDependencies {
  config: Config;
  logger: Logger;
  jobStore: JobStore;
  batchStore: BatchStore;
  fileIndex: FileIndex;
  limitStore: LimitStore;
  webhookIndex: WebhookIndex;
  objectStore: ObjectStore;
  /** Absent: nobody is asked for a key. */
  apiKeys: ApiKeys | undefined;
}

@Module({})
class PlatformModule {
  static with(dependencies: ApiDependencies): DynamicModule {
    const files = openFiles(dependencies);
    const providers = [
      { provide: CONFIG, useValue: dependencies.config },
      { provide: LOGGER, useValue: dependencies.logger },
      { provide: JOB_STORE, useValue: dependencies.jobStore },
      { provide: BATCH_STORE, useValue: dependencies.batchStore },
      { provide: LIMIT_STORE, useValue: dependencies.limitStore },
      { provide: OBJECT_STORE, useValue: dependencies.objectStore },
      { provide: WEBHOOK_INDEX, useValue: dependencies.webhookIndex },
      { provide: EndpointStore, useValue: openEndpoints(dependencies) },
      { provide: KeyDirectory, useValue: new KeyDirectory(dependencies.apiKeys) },
      { provide: FileStore, useValue: files.files },
      { provide: UploadStore, useValue: files.uploads },
      AllowedMethods,
      Shutdown,
      StreamPlaces,
    ];
    return { module: PlatformModule, global: true, providers, exports: providers };
  }
}

function openFiles({ config, logger, objectStore, fileIndex }: ApiDependencies) {
  const { retentionSeconds } = config.jobs;
  const files = new FileStore({ objectStore, index: fileIndex, retentionSeconds, logger });
  return {
    files,
    uploads: new UploadStore({
      objectStore,
      uploads: fileIndex.uploads,
      storedBytes: fileIndex.storedBytes,
      files,
      logger,
    }),
  };
}

function openEndpoints({ config, logger, objectStore, webhookIndex }: ApiDependencies): EndpointStore {
  const { maxEndpointsPerOwner: maxPerOwner } = config.webhooks;
  return new EndpointStore({ objectStore, index: webhookIndex, maxPerOwner, logger });
}

@Module({})
export class AppModule {
  static with(dependencies: ApiDependencies): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PlatformModule.with(dependencies),
        JobsModule,
        ChatModule,
        BatchesModule,
        FilesModule,
        UploadsModule,
        ModelsModule,
        UsageModule,
        WebhookEndpointsModule,
        AdminKeysModule,
        HealthModule,
      ],
    };
  }
}
