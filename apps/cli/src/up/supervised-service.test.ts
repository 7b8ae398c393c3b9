import { describe, expect, it } from 'vitest';
import { ServiceStartError } from './errors.js';
import { type RunningService, type Service } from './service.js';
import { type ServiceEvent, SupervisedService } from './supervised-service.js';
import { SupervisedSystem } from './supervised-system.js';

const backoff = { firstMs: 1, maxMs: 4, resetAfterMs: 60_000 };

/** A service without a process; `lives` says for each start whether it comes up, the last for all that follow. */
class ScriptedService implements Service {
  starts = 0;
  #end: (exit: string) => void = () => undefined;

  constructor(
    readonly name: string,
    private readonly lives: readonly ('comes up' | 'fails' | 'hangs')[] = ['comes up'],
    private readonly trace: string[] = [],
  ) {}

  async start(signal: AbortSignal): Promise<RunningService> {
    const life = this.lives[Math.min(this.starts, this.lives.length - 1)];
    this.starts += 1;
    if (life === 'fails') throw new Error(`${this.name} broke`);
    if (life === 'hangs') await aborted(signal);
    this.trace.push(`start ${this.name}`);
    const exited = new Promise<string>((resolve) => (this.#end = resolve));
    const stop = async () => {
      this.trace.push(`stop ${this.name}`);
      this.#end('was stopped');
    };
    return { pid: this.starts, exited, stop };
  }

  die(): void {
    this.#end('was ended by SIGKILL');
  }
}

async function aborted(signal: AbortSignal): Promise<never> {
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  throw signal.reason;
}

/** Events, and a way to wait for the next one that `matches`. */
function recordEvents() {
  const events: ServiceEvent[] = [];
  let notify: () => void = () => undefined;
  const onEvent = (event: ServiceEvent) => {
    events.push(event);
    notify();
  };
  const until = async (matches: (events: readonly ServiceEvent[]) => boolean) => {
    while (!matches(events)) await new Promise<void>((resolve) => (notify = resolve));
  };
  return { events, onEvent, until };
}

const countOf = (kind: ServiceEvent['kind']) => (events: readonly ServiceEvent[]) =>
  events.filter((event) => event.kind === kind).length;

describe('SupervisedService', () => {
  it('starts a service again whenever it ends, with a growing wait and the reason', async () => {
    const service = new ScriptedService('worker');
    const { events, onEvent, until } = recordEvents();
    const supervised = new SupervisedService(service, { onEvent, backoff });
    await supervised.start();
    for (const lives of [1, 2, 3, 4]) {
      service.die();
      await until((seen) => countOf('ready')(seen) === lives + 1);
    }
    await supervised.stop();
    const restarts = events.filter((event) => event.kind === 'restarting');
    expect(restarts.map(({ delayMs }) => delayMs)).toEqual([1, 2, 4, 4]);
    expect(restarts[0]?.reason).toBe('worker was ended by SIGKILL');
    expect(service.starts).toBe(5);
  });

  it('tries a first start again, and is ready when one succeeds', async () => {
    const service = new ScriptedService('api', ['fails', 'fails', 'comes up']);
    const { onEvent } = recordEvents();
    const supervised = new SupervisedService(service, { onEvent, backoff });
    await supervised.start();
    await supervised.stop();
    expect(service.starts).toBe(3);
  });

  it('gives up a service that never comes up, with the last reason', async () => {
    const service = new ScriptedService('api', ['fails']);
    const { onEvent } = recordEvents();
    const supervised = new SupervisedService(service, { onEvent, backoff, firstAttempts: 2 });
    const failure = await supervised.start().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ServiceStartError);
    expect((failure as Error).message).toBe('api did not start in 2 attempts: api broke');
    await supervised.stop();
    expect(service.starts).toBe(2);
  });

  it('never gives up a service that was ready once', async () => {
    const service = new ScriptedService('api', ['comes up', 'fails', 'fails', 'fails', 'comes up']);
    const { onEvent, until } = recordEvents();
    const supervised = new SupervisedService(service, { onEvent, backoff, firstAttempts: 2 });
    await supervised.start();
    service.die();
    await until((events) => countOf('ready')(events) === 2);
    await supervised.stop();
    expect(service.starts).toBe(5);
  });

  it('stops while a start is under way, and while it waits for the next', async () => {
    const hanging = new SupervisedService(new ScriptedService('api', ['hangs']), {
      onEvent: () => undefined,
    });
    const start = hanging.start().catch((error: unknown) => error);
    await hanging.stop();
    expect(await start).toMatchObject({ name: 'AbortError' });

    const { onEvent, until } = recordEvents();
    const service = new ScriptedService('api', ['comes up']);
    const waiting = new SupervisedService(service, {
      onEvent,
      backoff: { ...backoff, firstMs: 1e9, maxMs: 1e9 },
    });
    await waiting.start();
    service.die();
    await until((events) => countOf('restarting')(events) === 1);
    await waiting.stop();
    expect(service.starts).toBe(1);
  });
});

describe('SupervisedSystem', () => {
  it('stops stage after stage, in the order given, later starts first', async () => {
    const trace: string[] = [];
    const service = (name: string) => new ScriptedService(name, ['comes up'], trace);
    const system = new SupervisedSystem({ onEvent: () => undefined, backoff });
    await system.start([service('redis')]);
    await system.start([service('api')], [service('worker-1'), service('worker-2')], [service('dispatcher')]);
    trace.length = 0;
    const stages: string[] = [];
    await system.stop((names) => stages.push(names));
    expect(trace).toEqual(
      ['api', 'worker-1', 'worker-2', 'dispatcher', 'redis'].map((name) => `stop ${name}`),
    );
    expect(stages).toEqual(['api', 'worker-1, worker-2', 'dispatcher', 'redis']);
  });

  it('says which services it still waits for', async () => {
    const system = new SupervisedSystem({ onEvent: () => undefined, backoff });
    await system.start([new ScriptedService('redis')]);
    const starting = system.start([new ScriptedService('api', ['hangs'])]).catch((error: unknown) => error);
    expect(system.waiting).toEqual(['api']);
    await system.stop(() => undefined);
    expect(await starting).toMatchObject({ name: 'AbortError' });
  });
});
