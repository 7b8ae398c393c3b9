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
  const booting = NestFactory.createApplicationContext(WorkerModule.with(context), {
    logger: toNestLogger(logger),
    abortOnError: false,
  });
  const { healthPort } = config.worker;
  const health =
    healthPort === undefined ? undefined : await startHealthServer(healthPort, () => readiness(booting));
  const app = await booting;
  return {
    stop: async () => {
      await app.close();
      await health?.close();
    },
  };
}

/** A context that is still being made is not waited for. */
async function readiness(booting: Promise<INestApplicationContext>): Promise<Readiness> {
  const app = await Promise.race([booting, Promise.resolve(undefined)]);
  if (app === undefined) return { model: 'loading' };
  return { model: 'ok', ...(await app.get(JobIntake).readiness()) };
}
