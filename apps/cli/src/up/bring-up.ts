import { join } from 'node:path';
import { type Writable } from 'node:stream';
import { ensureConvertedModel, readManifest } from '@tessera/converter';
import { checkRedis, ensureRedisServer } from '@tessera/redis-server';
import { type ChildRegister } from './child-register.js';
import { findListenPort, localUrl } from './listen-address.js';
import { planSystem, serviceNames, type SystemPlan } from './local-system.js';
import { RedisService } from './redis-service.js';
import { rotateLogs } from './service-log.js';
import { type SupervisedSystem } from './supervised-system.js';
import { type UpOptions } from './up-options.js';

export interface BringUpOptions extends UpOptions {
  readonly register: ChildRegister;
  readonly system: SupervisedSystem;
  /** Nothing more is started once it is aborted. */
  readonly stopping: AbortSignal;
}

/** Starts everything, step by step, and resolves to the address of the API once all are ready. */
export async function bringUp(options: BringUpOptions): Promise<string> {
  const { config, terminal, register, system, stopping, workerCount } = options;
  const logDirectory = join(config.data.directory, 'logs');
  await register.endLeftOvers(terminal.print);
  // Before anything is started: a port in use is the likeliest thing to stand in the way.
  const port = await findListenPort(config.http.host, config.http.port);
  await rotateLogs(logDirectory, ['redis', ...serviceNames(workerCount)]);
  const model = await prepareModel(options);
  stopping.throwIfAborted();
  const redis = await prepareRedis(options);
  stopping.throwIfAborted();
  const { print } = terminal;
  const { api, workers, dispatcher } = planSystem({
    config,
    port,
    workerCount,
    redis,
    model,
    logDirectory,
    register,
    print,
  });
  waitFor(options);
  await system.start([api], workers, [dispatcher]);
  return localUrl(config.http.host, port);
}

async function prepareModel({ config, terminal }: BringUpOptions): Promise<SystemPlan['model']> {
  const directory = await ensureConvertedModel({
    source: config.model.directory,
    cacheDirectory: join(config.data.directory, 'models'),
    precision: config.model.precision,
    prefill: config.model.prefill,
    log: terminal.print,
  });
  return { id: (await readManifest(directory)).id, directory };
}

async function prepareRedis(options: BringUpOptions): Promise<SystemPlan['redis']> {
  const { config, terminal, system, stopping } = options;
  if (config.redis.url !== undefined) {
    const { place, warnings } = await checkRedis(config.redis.url);
    terminal.print(`using Redis at ${place} (REDIS_URL)`);
    for (const warning of warnings) terminal.print(`warning: ${warning}`);
    return { url: config.redis.url, holder: (): Writable | undefined => undefined };
  }
  const dataDirectory = config.data.directory;
  // Once, and not with every attempt to start it.
  await ensureRedisServer({ dataDirectory, log: terminal.print });
  stopping.throwIfAborted();
  const redis = new RedisService(dataDirectory, terminal.print);
  waitFor(options);
  await system.start([redis]);
  return { url: redis.url, holder: () => redis.holder };
}

function waitFor({ terminal, system }: BringUpOptions): void {
  const startedAt = performance.now();
  terminal.wait(() => {
    const seconds = Math.floor((performance.now() - startedAt) / 1000);
    return `waiting for ${system.waiting.join(', ')} (${seconds} s)`;
  });
}
