import path from 'node:path';
import { freeLoopbackPort, startTestRedis, temporaryDirectory, type TestRedis } from '@tessera/testing';
import { QUICK_SETTINGS } from '../drill-system.js';
import { Member, type ServiceName } from '../member.js';

export const ADMIN_KEY = 'the-administrators-key-of-the-drill';
/** A model that no worker has: its jobs wait until they are cancelled. */
export const MODEL_WITHOUT_WORKER = 'nobody-has-it';

export const MEMBERS = {
  'api-1': 'api',
  'api-2': 'api',
  'dispatcher-1': 'dispatcher',
  'dispatcher-2': 'dispatcher',
  worker: 'worker',
} as const satisfies Record<string, ServiceName>;
export type MemberName = keyof typeof MEMBERS;
export const MEMBER_NAMES = Object.keys(MEMBERS) as readonly MemberName[];

export const REPLICAS = ['api-1', 'api-2'] as const satisfies readonly MemberName[];
export type Replica = (typeof REPLICAS)[number];

/** Attempts to deliver soon follow each other: 30 of them, about a minute in all. */
const WEBHOOK_SCHEDULE = ['0s', ...Array.from({ length: 29 }, (_, index) => (index < 4 ? '1s' : '2s'))].join(
  ',',
);

/** Two APIs, two dispatchers and a worker as built, with keys, over one Redis and one folder. */
export interface TenantSystem {
  readonly redis: TestRedis;
  readonly storeDirectory: string;
  readonly urls: Readonly<Record<Replica, string>>;
  readonly members: Readonly<Record<MemberName, Member>>;
  stop(): Promise<void>;
}

/** Starts it; nothing need be ready yet. */
export async function startTenantSystem(): Promise<TenantSystem> {
  const directory = await temporaryDirectory('tessera-tenants');
  const storeDirectory = path.join(directory.path, 'store');
  const redis = await startTestRedis('always');
  const ports = { 'api-1': await freeLoopbackPort(), 'api-2': await freeLoopbackPort() };
  const environment = {
    REDIS_URL: redis.url,
    TESSERA_DATA_DIR: directory.path,
    TESSERA_STORE: storeDirectory,
    TESSERA_MODELS: `tessera-tiny,${MODEL_WITHOUT_WORKER}`,
    TESSERA_THREADS: '1',
    TESSERA_ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8',
    TESSERA_ADMIN_KEY: ADMIN_KEY,
    TESSERA_WEBHOOK_SCHEDULE: WEBHOOK_SCHEDULE,
    ...QUICK_SETTINGS,
  };
  const member = (name: MemberName): Member => {
    const port = name in ports ? { PORT: String(ports[name as Replica]) } : {};
    const logFile = path.join(directory.path, `${name}.log`);
    return new Member(MEMBERS[name], { environment: { ...environment, ...port }, logFile });
  };
  const members = Object.fromEntries(MEMBER_NAMES.map((name) => [name, member(name)])) as Record<
    MemberName,
    Member
  >;
  for (const name of MEMBER_NAMES) members[name].start();
  return {
    redis,
    storeDirectory,
    urls: { 'api-1': `http://127.0.0.1:${ports['api-1']}`, 'api-2': `http://127.0.0.1:${ports['api-2']}` },
    members,
    stop: async () => {
      await Promise.all(MEMBER_NAMES.map((name) => members[name].stop()));
      await redis.stop();
      await directory.remove();
    },
  };
}
