import { startTestRedis, temporaryDirectory, type TestRedis } from '@tessera/testing';
import { ServiceProcess } from './service-process.js';

/** API, dispatcher and worker as built, over a Redis and folders of the test's own. */
export interface System {
  readonly url: string;
  readonly redis: TestRedis;
  readonly dataDirectory: string;
  readonly api: ServiceProcess;
  readonly dispatcher: ServiceProcess;
  readonly worker: ServiceProcess;
  /** Starts one more process with the same settings. */
  start(name: 'api' | 'dispatcher' | 'worker'): ServiceProcess;
  stop(): Promise<void>;
}

/** Resolves once jobs are answered. Image and webhook URLs may be on loopback. */
export async function startSystem(settings: Record<string, string> = {}): Promise<System> {
  const redis = await startTestRedis();
  const directory = await temporaryDirectory('tessera-system');
  const environment = {
    REDIS_URL: redis.url,
    PORT: '0',
    TESSERA_DATA_DIR: directory.path,
    TESSERA_THREADS: '2',
    TESSERA_ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8',
    ...settings,
  };
  const started: ServiceProcess[] = [];
  const start = (name: 'api' | 'dispatcher' | 'worker'): ServiceProcess => {
    const process = ServiceProcess.start(name, environment);
    started.push(process);
    return process;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((process) => process.stop()));
    await redis.stop();
    await directory.remove();
  };
  try {
    const [api, dispatcher, worker] = [start('api'), start('dispatcher'), start('worker')];
    const listening = await api.logged('listening');
    await Promise.all([dispatcher.logged('started'), worker.logged('started')]);
    const url = String(listening['url']);
    return { url, redis, dataDirectory: directory.path, api, dispatcher, worker, start, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
