import 'reflect-metadata';
import { type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { toNestLogger } from '@tessera/observability';
import {
  type Readiness,
  type Service,
  type ServiceContext,
  startHealthServer,
} from '@tessera/service-process';
import { JobIntake } from './job-intake.js';
import { WorkerModule } from './worker.module.js';

/** Starts a worker: health endpoints first, so that a model that takes minutes to load can be told from a dead process. */
export async function startWorker(context: ServiceContext): Promise<Service> {
  const { config, logger } = context;
  let app: INestApplicationContext | undefined;
  const { healthPort } = config.worker;
  const health =
    healthPort === undefined ? undefined : await startHealthServer(healthPort, () => readiness(app));
  app = await NestFactory.createApplicationContext(WorkerModule.with(context), {
    logger: toNestLogger(logger),
    abortOnError: false,
  });
  return {
    stop: async () => {
      await app.close();
      await health?.close();
    },
  };
}

async function readiness(app: INestApplicationContext | undefined): Promise<Readiness> {
  if (app === undefined) return { model: 'loading' };
  return { model: 'ok', ...(await app.get(JobIntake).readiness()) };
}
