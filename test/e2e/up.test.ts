import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { childEnvironment } from '@tessera/config';
import { describeProcess, type ProcessReference, waitUntilGone } from '@tessera/processes';
import { findRepositoryRoot, temporaryDirectory, type TemporaryDirectory } from '@tessera/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ROOT = findRepositoryRoot();
const EXAMPLES = join(ROOT, 'models', 'tessera-tiny', 'examples');
const PICTURE = '0001.jpg';
const SERVICES = ['redis', 'api', 'worker', 'dispatcher'] as const;
const GONE_TIMEOUT_MS = 40_000;
const ADMIN_KEY = 'the-administrators-own-key';

let folder: TemporaryDirectory;
let started: Up[];

beforeEach(async () => {
  folder = await temporaryDirectory('tessera-e2e-up');
  started = [];
});
afterEach(async () => {
  for (const up of started) up.killEverything();
  await folder.remove();
});

/** A running `tessera up`, followed by what it prints. */
class Up {
  readonly lines: string[] = [];
  readonly exited: Promise<[number | null, NodeJS.Signals | null]>;
  #notify: () => void = () => undefined;

  constructor(readonly process: ChildProcess) {
    this.exited = once(process, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    for (const stream of [process.stdout, process.stderr]) {
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.#take(line));
    }
    process.once('exit', () => this.#notify());
  }

  /** The `count`-th line that matches, once it is there. */
  async line(pattern: RegExp, count = 1): Promise<RegExpExecArray> {
    for (;;) {
      const matches = this.lines.map((line) => pattern.exec(line)).filter((match) => match !== null);
      const match = matches[count - 1];
      if (match !== undefined) return match;
      if (this.process.exitCode !== null)
        throw new Error(`ended without ${pattern}:\n${this.lines.join('\n')}`);
      await new Promise<void>((resolve) => (this.#notify = resolve));
    }
  }

  async url(): Promise<string> {
    return (await this.line(/^Tessera is ready at (\S+)/))[1] ?? '';
  }

  /** Every process it has said is ready, the latest of each. */
  services(): ProcessReference[] {
    return SERVICES.map((name) => {
      const last = this.lines
        .map((line) => new RegExp(`^${name} is ready \\(process (\\d+)\\)`).exec(line))
        .findLast(Boolean);
      return referenceOf(Number(last?.[1]));
    });
  }

  killEverything(): void {
    const pids = this.lines.map((line) => Number(/is ready \(process (\d+)\)/.exec(line)?.[1]));
    for (const pid of [...pids, Number(this.process.pid)]) {
      // Only who is in the group of ours, or a child of that, is still there under this number.
      if (Number.isInteger(pid) && describeProcess(pid) !== undefined) process.kill(pid, 'SIGKILL');
    }
  }

  #take(line: string): void {
    this.lines.push(line);
    this.#notify();
  }
}

function start(command: string, args: readonly string[], environment: Record<string, string> = {}): Up {
  const child = spawn(command, args, {
    cwd: ROOT,
    env: childEnvironment({ PORT: '0', TESSERA_DATA_DIR: folder.path, REDIS_URL: undefined, ...environment }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that a signal to the group is what Ctrl-C in a terminal is.
    detached: true,
  });
  const up = new Up(child);
  started.push(up);
  return up;
}

const startBinary = (environment?: Record<string, string>) =>
  start(process.execPath, ['apps/cli/bin/tessera.mjs', 'up'], environment);

function referenceOf(pid: number): ProcessReference {
  const reference = describeProcess(pid);
  if (reference === undefined) throw new Error(`process ${pid} is not running`);
  return reference;
}

async function ownerOfLock(): Promise<ProcessReference> {
  return JSON.parse(await readFile(join(folder.path, 'up.lock'), 'utf8')) as ProcessReference;
}

async function areAllGone(references: readonly ProcessReference[]): Promise<boolean> {
  return (await Promise.all(references.map((one) => waitUntilGone(one, GONE_TIMEOUT_MS)))).every(Boolean);
}

/** The picture's question and the answer of the reference implementation. */
async function readExample(): Promise<{ question: string; answer: string }> {
  const lines = (await readFile(join(EXAMPLES, 'questions.jsonl'), 'utf8')).trim().split('\n');
  const examples = lines.map(
    (line) => JSON.parse(line) as { picture: string; question: string; answer: string },
  );
  const example = examples.find(({ picture }) => picture === PICTURE);
  if (example === undefined) throw new Error(`no question about ${PICTURE}`);
  return example;
}

/** Clients of a Redis that was gone take a moment to find it again; until then the API is not ready. */
async function readiness(url: string): Promise<void> {
  while (!(await fetch(`${url}/health/ready`)).ok);
}

/** What the printed curl command does. */
async function ask(url: string, question: string): Promise<{ urls: { get: string } }> {
  const form = new FormData();
  form.set('image', new Blob([await readFile(join(EXAMPLES, PICTURE))], { type: 'image/jpeg' }), PICTURE);
  form.set('question', question);
  const response = await fetch(`${url}/v1/jobs`, {
    method: 'POST',
    headers: { prefer: 'wait=60' },
    body: form,
  });
  return (await response.json()) as { urls: { get: string } };
}

describe('npm start', () => {
  it('answers, answers again after its worker and its Redis were killed, and leaves no process behind', async () => {
    const { question, answer } = await readExample();
    const up = start('npm', ['start']);
    const url = await up.url();
    const first = await ask(url, question);
    expect(first).toMatchObject({ status: 'completed', output: { text: answer } });
    expect((await fetch(`${url}/docs`)).status).toBe(200);

    for (const name of ['worker', 'redis']) {
      const pid = Number((await up.line(new RegExp(`^${name} is ready \\(process (\\d+)\\)`)))[1]);
      process.kill(pid, 'SIGKILL');
      await up.line(new RegExp(`^${name} was ended by SIGKILL; starting ${name} again in 0.25 s$`));
      await up.line(new RegExp(`^${name} is ready`), 2);
      await readiness(url);
      expect(await ask(url, question)).toMatchObject({ status: 'completed', output: { text: answer } });
    }
    expect(await (await fetch(first.urls.get)).json()).toEqual(first);

    const everyone = [...up.services(), await ownerOfLock()];
    up.process.kill('SIGTERM');
    await up.exited;
    expect(everyone).toHaveLength(5);
    expect(await areAllGone(everyone)).toBe(true);
    expect(existsSync(join(folder.path, 'up.lock'))).toBe(false);
  });
});

describe('tessera up', () => {
  it('asks for a key, and stops everything in order on Ctrl-C, which arrives twice under npm; a second one is refused meanwhile', async () => {
    const up = startBinary({ TESSERA_ADMIN_KEY: ADMIN_KEY });
    const url = await up.url();
    const everyone = [...up.services(), await ownerOfLock()];
    const statusWith = async (headers: Record<string, string>) =>
      (await fetch(`${url}/v1/models`, { headers })).status;
    expect(await statusWith({})).toBe(401);
    expect(await statusWith({ authorization: `Bearer ${ADMIN_KEY}` })).toBe(200);
    await up.line(/curl -H "Authorization: Bearer \$TESSERA_ADMIN_KEY"/);

    const second = startBinary();
    expect((await second.exited)[0]).toBe(1);
    expect(second.lines.at(-1)).toContain(
      `tessera is already up in ${folder.path}: process ${up.process.pid}`,
    );

    const group = -Number(up.process.pid);
    process.kill(group, 'SIGINT');
    process.kill(group, 'SIGINT');
    expect(await up.exited).toEqual([0, null]);
    expect(up.lines.filter((line) => line.startsWith('stopping'))).toEqual(
      ['api', 'worker', 'dispatcher', 'redis'].map((name) => `stopping ${name}`),
    );
    expect(await areAllGone(everyone)).toBe(true);
  });

  it('leaves no process behind even when it is killed itself', async () => {
    const up = startBinary();
    await up.url();
    const everyone = up.services();
    up.process.kill('SIGKILL');
    expect(everyone).toHaveLength(4);
    expect(await areAllGone(everyone)).toBe(true);
  });

  it('refuses a busy port before it starts anything', async () => {
    const other = createServer();
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const up = startBinary({ PORT: String(port) });
    expect((await up.exited)[0]).toBe(1);
    other.close();
    expect(up.lines.join('\n')).toContain(`port ${port} of 127.0.0.1 is in use by another program`);
    expect(up.lines.join('\n')).toContain('set PORT');
    expect(existsSync(join(folder.path, 'redis'))).toBe(false);
  });
});
