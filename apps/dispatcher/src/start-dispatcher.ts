import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { toNestLogger } from '@tessera/observability';
import {
  type Readiness,
  type Service,
  type ServiceContext,
  startHealthServer,
} from '@tessera/service-process';
import { BatchMover } from './batch-mover.js';
import { DispatcherModule } from './dispatcher.module.js';
import { JobUpkeepRunner } from './job-upkeep-runner.js';
import { WebhookDeliverer } from './webhook-deliverer.js';

/** Starts the dispatcher: batches, webhook deliveries, and the upkeep of what no client and no worker looks after. */
export async function startDispatcher(context: ServiceContext): Promise<Service> {
  const { config, logger } = context;
  const app = await NestFactory.createApplicationContext(DispatcherModule.with(context), {
    logger: toNestLogger(logger),
    abortOnError: false,
  });
  const readiness = async (): Promise<Readiness> => ({
    batches: await describe(app.get(BatchMover).ping()),
    upkeep: await describe(app.get(JobUpkeepRunner).ping()),
    webhooks: await describe(app.get(WebhookDeliverer).ping()),
  });
  const { healthPort } = config.dispatcher;
  const health = healthPort === undefined ? undefined : await startHealthServer(healthPort, readiness);
  logger.info('moving batches on, delivering webhooks and looking after jobs and files');
  return {
    stop: async () => {
      await app.close();
      await health?.close();
    },
  };
}

/** `ok`, or what is wrong, in words. */
async function describe(ping: Promise<void>): Promise<string> {
  return ping.then(
    () => 'ok',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}
