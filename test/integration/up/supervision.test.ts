import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeProcess, type ProcessReference, waitUntilGone } from '@tessera/processes';
import { freeLoopbackPort, temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChildRegister } from '../../../apps/cli/src/up/child-register.js';
import { ServiceExitedError } from '../../../apps/cli/src/up/errors.js';
import { NodeService } from '../../../apps/cli/src/up/node-service.js';
import { type RunningService } from '../../../apps/cli/src/up/service.js';
import { rotateLogs, ServiceLog } from '../../../apps/cli/src/up/service-log.js';
import { SupervisedService } from '../../../apps/cli/src/up/supervised-service.js';

const GONE_TIMEOUT_MS = 20_000;
const never = new AbortController().signal;

let folder: TemporaryDirectory;
let register: ChildRegister;
let supervisors: ChildProcess[];

beforeEach(async () => {
  folder = await temporaryDirectory('tessera-up');
  register = new ChildRegister(folder.path);
  supervisors = [];
  await rotateLogs(logDirectory(), []);
});
afterEach(async () => {
  register.killAll();
  for (const supervisor of supervisors) supervisor.kill('SIGKILL');
  await folder.remove();
});

const logDirectory = () => join(folder.path, 'logs');
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

function referenceOf(pid: number): ProcessReference {
  const reference = describeProcess(pid);
  if (reference === undefined) throw new Error(`process ${pid} is not running`);
  return reference;
}

type Manners = 'obedient' | 'stubborn' | 'breaks' | 'never-ready';

/** A service that runs the stand-in, and what it prints to the terminal. */
async function standIn(manners: Manners, { stopTimeoutMs = 10_000 } = {}) {
  const port = await freeLoopbackPort();
  const printed: string[] = [];
  const print = (line: string) => void printed.push(line);
  const service = new NodeService({
    name: 'worker',
    script: path('stand-in-service.mjs'),
    arguments: [String(port), manners],
    prepare: async () => ({ environment: {}, readyUrl: `http://127.0.0.1:${port}/`, holder: undefined }),
    log: new ServiceLog({ name: 'worker', directory: logDirectory(), print, least: 'warn' }),
    register,
    stopTimeoutMs,
  });
  return { service, printed };
}

async function startSupervisor(): Promise<{ supervisor: ChildProcess; children: ProcessReference[] }> {
  const supervisor = spawn(process.execPath, [path('stand-in-supervisor.mjs'), folder.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  supervisors.push(supervisor);
  const [line] = (await once(supervisor.stdout, 'data')) as [Buffer];
  const pids = JSON.parse(line.toString()) as Record<string, number>;
  return { supervisor, children: Object.values(pids).map(referenceOf) };
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}

async function areGone(references: readonly ProcessReference[]): Promise<boolean[]> {
  return Promise.all(references.map((reference) => waitUntilGone(reference, GONE_TIMEOUT_MS)));
}

describe('NodeService', () => {
  it('is started once it answers as ready, and gone once it is stopped', async () => {
    const { service, printed } = await standIn('obedient');
    const running = await service.start(never);
    const reference = referenceOf(running.pid);
    await running.stop();
    expect(await running.exited).toBe('ended with code 0');
    expect(await waitUntilGone(reference, 0)).toBe(true);
    expect(printed).toEqual([expect.stringMatching(/^\d\d:\d\d:\d\d worker warn: listening$/)]);
    const logged = await readFile(join(logDirectory(), 'worker.log'), 'utf8');
    expect(
      logged
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { msg: string }).msg),
    ).toEqual(['listening', 'stopping']);
  });

  it('kills a process that does not stop in time', async () => {
    const { service } = await standIn('stubborn', { stopTimeoutMs: 50 });
    const running = await service.start(never);
    await running.stop();
    expect(await running.exited).toBe('was ended by SIGKILL');
  });

  it('reports a process that ends before it is ready, with what it said last', async () => {
    const { service } = await standIn('breaks');
    const failure = await service.start(never).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ServiceExitedError);
    expect((failure as Error).message).toMatch(
      /worker ended with code 3 before it was ready\n.*no model here/,
    );
  });

  it('leaves no process when it is told to give up a start', async () => {
    const { service } = await standIn('never-ready');
    const stopping = new AbortController();
    const starting = service.start(stopping.signal).catch((error: unknown) => error);
    const children = await childrenOnDisk();
    stopping.abort();
    expect(await starting).toMatchObject({ name: 'AbortError' });
    expect(await areGone(children)).toEqual([true]);
  });

  /** As the register has written them: a start resolves only once its process is ready. */
  async function childrenOnDisk(): Promise<ProcessReference[]> {
    for (;;) {
      const content = await readFile(join(folder.path, 'up-children.json'), 'utf8').catch(() => '[]');
      const children = JSON.parse(content === '' ? '[]' : content) as ProcessReference[];
      if (children.length > 0) return children;
    }
  }
});

describe('supervision', () => {
  it('starts a killed process again', async () => {
    const { service } = await standIn('obedient');
    const pids: number[] = [];
    const { promise: restarted, resolve: noteRestart } = deferred();
    const supervised = new SupervisedService(service, {
      backoff: { firstMs: 1, maxMs: 1, resetAfterMs: 1 },
      onEvent: (event) => {
        if (event.kind === 'ready') pids.push(event.pid);
        if (pids.length === 2) noteRestart();
      },
    });
    await supervised.start();
    process.kill(pids[0] ?? 0, 'SIGKILL');
    await restarted;
    const second = referenceOf(pids[1] ?? 0);
    await supervised.stop();
    expect(pids[1]).not.toBe(pids[0]);
    expect(await waitUntilGone(second, 0)).toBe(true);
  });

  it('leaves no process behind after SIGTERM', async () => {
    const { supervisor, children } = await startSupervisor();
    const exited = once(supervisor, 'exit');
    supervisor.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(children).toHaveLength(2);
    expect(await areGone(children)).toEqual([true, true]);
  });

  it('leaves no process behind after kill -9 of the supervisor', async () => {
    const { supervisor, children } = await startSupervisor();
    supervisor.kill('SIGKILL');
    expect(children).toHaveLength(2);
    expect(await areGone(children)).toEqual([true, true]);
  });

  it('ends, at the next start, children that a killed run left behind', async () => {
    const { service } = await standIn('stubborn');
    const running: RunningService = await service.start(never);
    const lines: string[] = [];
    await new ChildRegister(folder.path).endLeftOvers((line) => lines.push(line), { graceMs: 50 });
    expect(await running.exited).toBe('was ended by SIGKILL');
    expect(lines).toEqual([`ended process ${running.pid}, left over by a run that was killed`]);
  });
});
