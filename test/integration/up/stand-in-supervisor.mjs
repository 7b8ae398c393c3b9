// `tessera up` in small: a private Redis and one stand-in service under the real supervision. Prints, as JSON, the
// processes that must be gone after it.
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { ChildRegister } from '../../../apps/cli/dist/up/child-register.js';
import { findListenPort } from '../../../apps/cli/dist/up/listen-address.js';
import { NodeService } from '../../../apps/cli/dist/up/node-service.js';
import { RedisService } from '../../../apps/cli/dist/up/redis-service.js';
import { rotateLogs, ServiceLog } from '../../../apps/cli/dist/up/service-log.js';
import { SupervisedSystem } from '../../../apps/cli/dist/up/supervised-system.js';

const [, , dataDirectory] = process.argv;
const logDirectory = path.join(dataDirectory, 'logs');
await rotateLogs(logDirectory, ['worker']);
const pids = {};
const system = new SupervisedSystem({
  onEvent: (event) => {
    if (event.kind === 'ready') pids[event.name] = event.pid;
  },
});
const redis = new RedisService(dataDirectory, () => undefined);
await system.start([redis]);
const port = await findListenPort('127.0.0.1', 0);
const worker = new NodeService({
  name: 'worker',
  script: fileURLToPath(new URL('stand-in-service.mjs', import.meta.url)),
  arguments: [String(port), 'obedient'],
  prepare: async () => ({ environment: {}, readyUrl: `http://127.0.0.1:${port}/`, holder: redis.holder }),
  log: new ServiceLog({ name: 'worker', directory: logDirectory, print: () => undefined, least: 'warn' }),
  register: new ChildRegister(dataDirectory),
  stopTimeoutMs: 5_000,
});
await system.start([worker]);
process.on('SIGTERM', () => system.stop(() => undefined));
console.log(JSON.stringify(pids));
