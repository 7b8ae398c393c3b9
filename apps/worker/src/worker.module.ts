import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { type Engine } from '@tessera/engine';
import { SafeHttp } from '@tessera/safe-fetch';
import { type ServiceContext } from '@tessera/service-process';
import { type ObjectStore, openObjectStore } from '@tessera/storage';
import { JobAnswerer } from './job-answerer.js';
import { JobImages } from './job-images.js';
import { JobIntake } from './job-intake.js';
import { loadEngine } from './load-engine.js';
import { CONFIG, ENGINE, LOGGER, OBJECT_STORE, SAFE_HTTP } from './tokens.js';

/** One engine, and the queue of the model that it serves. */
@Module({})
export class WorkerModule implements OnApplicationShutdown {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(SAFE_HTTP) private readonly http: SafeHttp,
  ) {}

  static with({ config, logger }: ServiceContext): DynamicModule {
    const { allowedPrivateNetworks } = config.network;
    return {
      module: WorkerModule,
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: LOGGER, useValue: logger },
        { provide: ENGINE, useFactory: (): Promise<Engine> => loadEngine(config, logger) },
        {
          provide: OBJECT_STORE,
          useFactory: (): Promise<ObjectStore> => openObjectStore(config.store),
        },
        { provide: SAFE_HTTP, useFactory: () => new SafeHttp({ allowedPrivateNetworks }) },
        JobImages,
        JobAnswerer,
        JobIntake,
      ],
    };
  }

  /** Comes after {@link JobIntake} has drained. */
  async onApplicationShutdown(): Promise<void> {
    await this.http.close();
    await this.engine.close();
  }
}
