import path from 'node:path';
import { freeLoopbackPort, startTestRedis, temporaryDirectory, type TestRedis } from '@tessera/testing';
import { Member, type ServiceName } from './member.js';
import { StoreVolume } from './store-volume.js';

const SERVICES: readonly ServiceName[] = ['api', 'dispatcher', 'worker'];

/** Shorter than in production, so that what a dead process held is taken up within the drill. */
export const QUICK_SETTINGS = {
  TESSERA_LOCK_DURATION_MS: '3000',
  TESSERA_DELIVERY_LOCK_MS: '3000',
  TESSERA_DRAIN_TIMEOUT_MS: '3000',
};

/** The whole system as built, on one machine, with everything kept running. */
export interface DrillSystem {
  readonly url: string;
  readonly redis: TestRedis;
  readonly dataDirectory: string;
  readonly storeDirectory: string;
  /** Where the store is on one of its own. */
  readonly volume: StoreVolume | undefined;
  readonly members: Readonly<Record<ServiceName, Member>>;
  stop(): Promise<void>;
}

/** Starts it; nothing need be ready yet. The store is on a volume of its own where `withVolume` says so. */
export async function startDrillSystem(
  settings: Record<string, string>,
  { withVolume }: { withVolume: boolean },
): Promise<DrillSystem> {
  const directory = await temporaryDirectory('tessera-drill');
  const storeDirectory = path.join(directory.path, 'store');
  const volume = withVolume ? await StoreVolume.mount(storeDirectory) : undefined;
  const redis = await startTestRedis('always');
  const port = await freeLoopbackPort();
  const environment = {
    REDIS_URL: redis.url,
    PORT: String(port),
    TESSERA_DATA_DIR: directory.path,
    TESSERA_STORE: storeDirectory,
    TESSERA_MODELS: 'tessera-tiny',
    TESSERA_THREADS: '2',
    TESSERA_ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8',
    ...settings,
  };
  const member = (name: ServiceName): Member =>
    new Member(name, { environment, logFile: path.join(directory.path, `${name}.log`) });
  const members = { api: member('api'), dispatcher: member('dispatcher'), worker: member('worker') };
  for (const name of SERVICES) members[name].start();
  return {
    url: `http://127.0.0.1:${port}`,
    redis,
    dataDirectory: directory.path,
    storeDirectory,
    volume,
    members,
    stop: async () => {
      await Promise.all(SERVICES.map((name) => members[name].stop()));
      await redis.stop();
      await volume?.unmount();
      await directory.remove();
    },
  };
}
