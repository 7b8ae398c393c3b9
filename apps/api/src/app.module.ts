import { type DynamicModule, Module } from '@nestjs/common';
import { type Config } from '@tessera/config';
import { type Logger } from '@tessera/observability';
import { type BatchStore, type JobStore } from '@tessera/queue';
import { type ObjectStore } from '@tessera/storage';
import { BatchesModule } from './batches/batches.module.js';
import { HealthModule } from './health/health.module.js';
import { AllowedMethods } from './http/allowed-methods.js';
import { Shutdown } from './http/shutdown.js';
import { JobsModule } from './jobs/jobs.module.js';
import { ModelsModule } from './models/models.module.js';
import { BATCH_STORE, CONFIG, JOB_STORE, LOGGER, OBJECT_STORE } from './tokens.js';

/** What the API needs from outside; who makes these also closes them. */
export interface ApiDependencies {
  config: Config;
  logger: Logger;
  jobStore: JobStore;
  batchStore: BatchStore;
  objectStore: ObjectStore;
}

@Module({})
class PlatformModule {
  static with(dependencies: ApiDependencies): DynamicModule {
    const providers = [
      { provide: CONFIG, useValue: dependencies.config },
      { provide: LOGGER, useValue: dependencies.logger },
      { provide: JOB_STORE, useValue: dependencies.jobStore },
      { provide: BATCH_STORE, useValue: dependencies.batchStore },
      { provide: OBJECT_STORE, useValue: dependencies.objectStore },
      AllowedMethods,
      Shutdown,
    ];
    return { module: PlatformModule, global: true, providers, exports: providers };
  }
}

@Module({})
export class AppModule {
  static with(dependencies: ApiDependencies): DynamicModule {
    return {
      module: AppModule,
      imports: [PlatformModule.with(dependencies), JobsModule, BatchesModule, ModelsModule, HealthModule],
    };
  }
}
