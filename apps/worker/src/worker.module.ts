import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { type Engine } from '@tessera/engine';
import { PoliteFetcher, SERVICE_PATIENCE } from '@tessera/safe-fetch';
import { type ServiceContext } from '@tessera/service-process';
import { InputBuckets, type ObjectStore, openObjectStore } from '@tessera/storage';
import { Admission } from './admission.js';
import { ChunkIntake } from './chunk-intake.js';
import { ConsumerSettings } from './consumer-settings.js';
import { JobAnswerer } from './job-answerer.js';
import { JobImages } from './job-images.js';
import { JobIntake } from './job-intake.js';
import { loadEngine } from './load-engine.js';
import { RowAnswerer } from './row-answerer.js';
import { RowImages } from './row-images.js';
import { CONFIG, ENGINE, IMAGE_FETCHER, INPUT_BUCKETS, LOGGER, OBJECT_STORE } from './tokens.js';

/** One engine, and the queues of jobs and of chunks of the model that it serves. */
@Module({})
export class WorkerModule implements OnModuleDestroy, OnApplicationShutdown {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(IMAGE_FETCHER) private readonly fetcher: PoliteFetcher,
    @Inject(JobIntake) private readonly jobs: JobIntake,
    @Inject(ChunkIntake) private readonly chunks: ChunkIntake,
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
        {
          provide: INPUT_BUCKETS,
          useFactory: () => new InputBuckets({ ...config.inputs, store: config.store }),
        },
        {
          provide: IMAGE_FETCHER,
          useFactory: () =>
            new PoliteFetcher({ allowedPrivateNetworks, ...config.fetching, ...SERVICE_PATIENCE }),
        },
        Admission,
        ConsumerSettings,
        JobImages,
        JobAnswerer,
        JobIntake,
        RowImages,
        RowAnswerer,
        ChunkIntake,
      ],
    };
  }

  /** Side by side, within one timeout. */
  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.jobs.drain(), this.chunks.drain()]);
  }

  /** Comes after everything has drained. */
  async onApplicationShutdown(): Promise<void> {
    await this.fetcher.close();
    await this.engine.close();
  }
}
