import { type Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type Config } from '@tessera/config';
import { type ChildRegister } from './child-register.js';
import { findListenPort, localUrl } from './listen-address.js';
import { type Launch, NodeService } from './node-service.js';
import { ServiceLog } from './service-log.js';

/** What the processes of one machine have in common. */
export interface SystemPlan {
  readonly config: Config;
  /** Port of the API; a free one was chosen if it was 0. */
  readonly port: number;
  readonly workerCount: number;
  readonly redis: { readonly url: string; readonly holder: () => Writable | undefined };
  readonly model: { readonly id: string; readonly directory: string };
  readonly logDirectory: string;
  readonly register: ChildRegister;
  readonly print: (line: string) => void;
}

/** The services in the order in which they are stopped: no new work, then the work at hand, then what follows it. */
export interface LocalSystem {
  readonly api: NodeService;
  readonly workers: readonly NodeService[];
  readonly dispatcher: NodeService;
}

/** A process is killed this long after the time that it has to stop by its own settings. */
const STOP_MARGIN_MS = 5_000;
const DISPATCHER_STOP_MS = 10_000;
const LOOPBACK = '127.0.0.1';

export function serviceNames(workerCount: number): string[] {
  return ['api', 'dispatcher', ...workerNames(workerCount)];
}

/** The processes of the system, Redis aside, set up to find each other. */
export function planSystem(plan: SystemPlan): LocalSystem {
  const { config, port } = plan;
  return {
    api: nodeService(plan, {
      name: 'api',
      app: 'api',
      stopMs: config.http.shutdownTimeoutMs,
      prepare: async () => ({
        environment: {
          HOST: config.http.host,
          PORT: String(port),
          // Jobs are taken in also while the worker that would announce the model is being restarted.
          TESSERA_MODELS: [...new Set([...config.model.acceptedIds, plan.model.id])].join(','),
        },
        readyUrl: `${localUrl(config.http.host, port)}/health/ready`,
      }),
    }),
    workers: workerNames(plan.workerCount).map((name) =>
      nodeService(plan, {
        name,
        app: 'worker',
        stopMs: config.worker.drainTimeoutMs,
        prepare: () => withHealthPort('TESSERA_WORKER_HEALTH_PORT', { TESSERA_MODEL: plan.model.directory }),
      }),
    ),
    dispatcher: nodeService(plan, {
      name: 'dispatcher',
      app: 'dispatcher',
      stopMs: DISPATCHER_STOP_MS,
      prepare: () => withHealthPort('TESSERA_DISPATCHER_HEALTH_PORT', {}),
    }),
  };
}

interface Member {
  readonly name: string;
  readonly app: 'api' | 'worker' | 'dispatcher';
  readonly stopMs: number;
  readonly prepare: () => Promise<Omit<Launch, 'holder'>>;
}

function nodeService(plan: SystemPlan, { name, app, stopMs, prepare }: Member): NodeService {
  const { config, redis, register, logDirectory, print } = plan;
  const least = ['debug', 'trace'].includes(config.log.level) ? 'debug' : 'warn';
  return new NodeService({
    name,
    // From apps/cli/dist/up.
    script: fileURLToPath(new URL(`../../../${app}/dist/main.js`, import.meta.url)),
    prepare: async () => {
      const { environment, readyUrl } = await prepare();
      const places = { REDIS_URL: redis.url, TESSERA_DATA_DIR: config.data.directory };
      return { environment: { ...places, ...environment }, readyUrl, holder: redis.holder() };
    },
    log: new ServiceLog({ name, directory: logDirectory, print, least }),
    register,
    stopTimeoutMs: stopMs + STOP_MARGIN_MS,
  });
}

/** A process that is started again gets a port of its own again: the old one may be taken by then. */
async function withHealthPort(
  variable: 'TESSERA_WORKER_HEALTH_PORT' | 'TESSERA_DISPATCHER_HEALTH_PORT',
  environment: Record<string, string>,
): Promise<Omit<Launch, 'holder'>> {
  const port = await findListenPort(LOOPBACK, 0);
  return {
    environment: { ...environment, [variable]: String(port) },
    readyUrl: `${localUrl(LOOPBACK, port)}/health/ready`,
  };
}

function workerNames(count: number): string[] {
  return count === 1 ? ['worker'] : Array.from({ length: count }, (_, index) => `worker-${index + 1}`);
}
