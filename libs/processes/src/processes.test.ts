import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  acquireLockFile,
  describeProcess,
  isRunning,
  LockHeldError,
  terminateProcess,
  type ProcessReference,
} from './index.js';

let directory: string;
let children: ChildProcess[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tessera-processes-'));
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(directory, { recursive: true });
});

/** A child that runs `script`, once it has said that it is up. */
async function startChild(script = ''): Promise<{ child: ChildProcess; reference: ProcessReference }> {
  const child = spawn(process.execPath, ['-e', `${script}; setInterval(() => {}, 1e6); console.log('up')`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  const reference = describeProcess(child.pid ?? 0);
  if (reference === undefined) throw new Error('the child is not running');
  return { child, reference };
}

describe('describeProcess', () => {
  it('knows a running process and forgets it once it has ended', async () => {
    const { child, reference } = await startChild();
    expect(isRunning(reference)).toBe(true);
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    expect(isRunning(reference)).toBe(false);
    expect(describeProcess(reference.pid)).toBeUndefined();
  });

  it('tells a process from an earlier one with the same id', () => {
    const self = describeProcess(process.pid) as ProcessReference;
    expect(self.pid).toBe(process.pid);
    expect(isRunning(self)).toBe(true);
    expect(isRunning({ ...self, startedAt: 'another boot:1' })).toBe(false);
  });
});

describe('terminateProcess', () => {
  it('ends a process that obeys SIGTERM', async () => {
    const { child, reference } = await startChild();
    const exited = once(child, 'exit');
    expect(await terminateProcess(reference, { graceMs: 10_000 })).toBe('terminated');
    expect(await exited).toEqual([null, 'SIGTERM']);
  });

  it('kills a process that ignores SIGTERM', async () => {
    const { child, reference } = await startChild(`process.on('SIGTERM', () => {})`);
    const exited = once(child, 'exit');
    expect(await terminateProcess(reference, { graceMs: 50 })).toBe('killed');
    expect(await exited).toEqual([null, 'SIGKILL']);
  });

  it('leaves alone a process that took over the id', async () => {
    const { reference } = await startChild();
    expect(await terminateProcess({ ...reference, startedAt: 'earlier' }, { graceMs: 0 })).toBe('none');
    expect(isRunning(reference)).toBe(true);
  });
});

describe('acquireLockFile', () => {
  it('refuses a lock that a live process holds, naming the process', async () => {
    const path = join(directory, 'lock');
    const { reference } = await startChild();
    await writeFile(path, JSON.stringify(reference));
    await expect(acquireLockFile(path)).rejects.toThrow(LockHeldError);
    await expect(acquireLockFile(path)).rejects.toThrow(String(reference.pid));
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(reference);
  });

  it.each([
    ['of a process that is gone', JSON.stringify({ pid: process.pid, startedAt: 'earlier' })],
    ['that is damaged', '{"pid":'],
    ['that is empty', ''],
  ])('replaces a lock %s', async (_case, content) => {
    const path = join(directory, 'lock');
    await writeFile(path, content);
    const lock = await acquireLockFile(path);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual(describeProcess(process.pid));
    await lock.release();
    expect(await readdir(directory)).toEqual([]);
  });

  it('gives a lock to one of many who ask at once', async () => {
    const path = join(directory, 'lock');
    await writeFile(path, JSON.stringify({ pid: process.pid, startedAt: 'earlier' }));
    const attempts = await Promise.allSettled(Array.from({ length: 20 }, () => acquireLockFile(path)));
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await readdir(directory)).toEqual(['lock']);
  });
});
