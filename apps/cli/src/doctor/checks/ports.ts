import { createServer } from 'node:net';
import { type Config } from '@tessera/config';
import { type Check } from '../check.js';

interface Port {
  readonly setting: string;
  readonly host: string;
  readonly port: number;
}

interface PortState extends Port {
  readonly state: 'free' | 'held by Tessera' | 'taken' | 'refused';
  /** Why it cannot be listened on. */
  readonly reason?: string;
}

/** The ports that the processes listen on: free, or held by a Tessera that runs. */
export const portsCheck: Check = {
  name: 'ports',
  run: async ({ config }) => {
    const states = await Promise.all(portsOf(config).map(stateOf));
    const facts = { ports: states };
    const unusable = states.filter(({ state }) => state === 'taken' || state === 'refused');
    const listed = states.map(({ setting, port, state }) => `${port} (${setting}) ${state}`).join(', ');
    const summary = listed || 'none is fixed';
    if (unusable.length === 0) return { status: 'ok', summary, facts };
    const reasons = unusable.flatMap(({ reason }) => (reason === undefined ? [] : [reason])).join('; ');
    return {
      status: 'broken',
      summary,
      remedy: `set another port, or stop what listens there: ${reasons}`,
      facts,
    };
  },
};

function portsOf({ http, worker, dispatcher }: Config): Port[] {
  const loopback = '127.0.0.1';
  const all = [
    { setting: 'PORT', host: http.host, port: http.port },
    { setting: 'TESSERA_WORKER_HEALTH_PORT', host: loopback, port: worker.healthPort },
    { setting: 'TESSERA_DISPATCHER_HEALTH_PORT', host: loopback, port: dispatcher.healthPort },
  ];
  return all.filter((entry): entry is Port => entry.port !== undefined && entry.port !== 0);
}

async function stateOf(port: Port): Promise<PortState> {
  const failure = await tryToListen(port);
  if (failure === undefined) return { ...port, state: 'free' };
  if (failure.code !== 'EADDRINUSE') return { ...port, state: 'refused', reason: failure.message };
  if (await answersAsTessera(port)) return { ...port, state: 'held by Tessera' };
  return { ...port, state: 'taken', reason: failure.message };
}

/** @returns why it is impossible */
async function tryToListen({ host, port }: Port): Promise<NodeJS.ErrnoException | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', resolve);
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

/** Every process of the system answers this path. */
async function answersAsTessera({ host, port }: Port): Promise<boolean> {
  const name = host.includes(':') ? `[${host}]` : host;
  const signal = AbortSignal.timeout(2000);
  return fetch(`http://${name}:${port}/health/live`, { signal }).then(
    ({ ok }) => ok,
    () => false,
  );
}
